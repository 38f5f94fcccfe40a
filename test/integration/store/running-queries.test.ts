import { expect, it } from "vitest";
import { graphService } from "../../../src/sample/types/graph-service.ts";
import { falkordb } from "../../../src/source/graph-store/kinds.ts";
import { readOnce } from "../../../src/testing.ts";
import { startFalkordb } from "../../support/engines/falkordb.ts";
import { needs } from "../../support/programs.ts";
import { until } from "../../support/until.ts";

/** Longer than the test takes: it ends with the server. */
const MATCH_FOR_LONG = "MATCH (a:Thing), (b:Thing), (c:Thing), (d:Thing) WHERE a.n + b.n + c.n + d.n = -1 RETURN count(*)";

/** No query is slow before. The server rounds the time at which it received one down to a second. */
const YOUNG_MS = 1_000;

it("falkordb counts the queries of others that run, and those that run for long", needs("falkordb"), async () => {
  await using server = await startFalkordb();
  await server.command("GRAPH.QUERY", "team", "UNWIND range(1, 1000) AS n CREATE (:Thing { n: n })");
  const read = () => readOnce(falkordb, { url: server.url, graphs: ["team"] }, graphService, { timeoutMs: 30_000 });
  expect(await read()).toMatchObject({ activeQueries: 0, slowQueries: 0 });
  const startMs = performance.now();
  void server.command("GRAPH.RO_QUERY", "team", MATCH_FOR_LONG, "TIMEOUT", "0").catch(() => undefined);
  const youngest = { slowQueries: -1 };
  const running = await until(read, (values) => {
    if (values.activeQueries === 1 && performance.now() - startMs < YOUNG_MS) youngest.slowQueries = values.slowQueries ?? -1;
    return values.slowQueries === 1;
  });
  expect(running.activeQueries).toBe(1);
  expect(performance.now() - startMs).toBeGreaterThan(YOUNG_MS);
  // On a machine that answers within a second, which is every one but the busiest.
  expect(youngest.slowQueries).toBe(0);
});
