import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { graphService } from "../../../src/sample/types/graph-service.ts";
import { falkordb } from "../../../src/source/graph-store/kinds.ts";
import { readOnce } from "../../../src/testing.ts";
import { startFalkordb } from "../../support/engines/falkordb.ts";
import { needs } from "../../support/programs.ts";

const MATCH_FOR_SECONDS = "MATCH (a:Thing), (b:Thing), (c:Thing) WHERE a.n + b.n + c.n = -1 RETURN count(*)";

it("falkordb counts the queries of others that run, and those that run for long", needs("falkordb"), async () => {
  await using server = await startFalkordb();
  await server.command("GRAPH.QUERY", "team", "UNWIND range(1, 1000) AS n CREATE (:Thing { n: n })");
  const read = () => readOnce(falkordb, { url: server.url, graphs: ["team"] }, graphService);
  expect(await read()).toMatchObject({ activeQueries: 0, slowQueries: 0 });
  const running = server.command("GRAPH.RO_QUERY", "team", MATCH_FOR_SECONDS, "TIMEOUT", "8000").catch((error: Error) => error.message);
  await sleep(500);
  expect(await read()).toMatchObject({ activeQueries: 1, slowQueries: 0 });
  await sleep(4_000);
  expect(await read()).toMatchObject({ activeQueries: 1, slowQueries: 1 });
  expect(await running).toMatch(/timed out/);
});
