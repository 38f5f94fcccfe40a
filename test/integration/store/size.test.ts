import { expect, it } from "vitest";
import { graphMetrics } from "../../../src/sample/types/graph.ts";
import { falkordb } from "../../../src/source/graph-store/kinds.ts";
import { readOnce } from "../../../src/testing.ts";
import { READ_ONLY_RULES, startFalkordb } from "../../support/engines/falkordb.ts";
import { needs } from "../../support/programs.ts";

const USER = { name: "reader", password: "reader-1" };

it("falkordb reads the size of a graph, which is absent for one below a mebibyte", needs("falkordb"), async () => {
  await using server = await startFalkordb({ aclUser: USER });
  await server.command("GRAPH.QUERY", "small", "CREATE (:Thing)");
  await server.command("GRAPH.QUERY", "large", "UNWIND range(1, 100000) AS n CREATE (:Thing { n: n, text: 'some text' })");
  const read = (graph: string) =>
    readOnce(falkordb, { url: server.url, user: USER.name, password: USER.password, graphs: [graph] }, graphMetrics, { timeoutMs: 30_000 });
  const answer = (await server.command("GRAPH.MEMORY", "USAGE", "large")) as readonly unknown[];
  const mebibytes = Number(answer[1]);
  expect([answer[0], mebibytes > 1]).toEqual(["total_graph_sz_mb", true]);
  expect((await read("large")).storeSize).toBe(mebibytes * 1_048_576);
  expect(await read("small")).toMatchObject({ nodeCount: 1, orphanNodes: 1 });
  expect((await read("small")).storeSize).toBeUndefined();
});

it("a user who may not ask for the size of a graph reads everything else", needs("falkordb"), async () => {
  const rules = READ_ONLY_RULES.replace("+graph.memory ", "");
  await using server = await startFalkordb({ aclUser: { ...USER, rules } });
  await server.command("GRAPH.QUERY", "large", "UNWIND range(1, 100000) AS n CREATE (:Thing { n: n, text: 'some text' })");
  const options = { url: server.url, user: USER.name, password: USER.password, graphs: ["large"] };
  const values = await readOnce(falkordb, options, graphMetrics, { timeoutMs: 30_000 });
  expect(values).toMatchObject({ nodeCount: 100_000, orphanNodes: 100_000 });
  expect(values.storeSize).toBeUndefined();
});
