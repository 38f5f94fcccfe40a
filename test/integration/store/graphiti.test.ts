import { statSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import type { AnyValues } from "../../../src/sample/sample-type.ts";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../../../src/sample/types/graph.ts";
import { graphService } from "../../../src/sample/types/graph-service.ts";
import { falkordb, neo4j } from "../../../src/source/graph-store/kinds.ts";
import { graphiti } from "../../../src/source/graph-store/layouts/graphiti.ts";
import { readOnce } from "../../../src/testing.ts";
import { graphReader } from "../../support/engines/dump.ts";
import { startFalkordb, type Falkordb } from "../../support/engines/falkordb.ts";
import { DIMENSIONS, graphitiWriter } from "../../support/engines/graphiti.ts";
import { startNeo4j, type Neo4j } from "../../support/engines/neo4j.ts";
import { needs } from "../../support/programs.ts";
import { followsEachStep, type Read } from "../../support/store/contract.ts";
import { countedGraphiti } from "../../support/store/graphiti-counts.ts";
import { graphitiSteps } from "../../support/store/graphiti-steps.ts";

/** A moment, so that ages are exact. */
const NOW_MS = Date.parse("2026-11-20T12:00:00.250Z");
const LONG_MS = 240_000;
const READER = { name: "reader", password: "reader-1" };

/** Where a test writes and reads. */
interface Place {
  readonly engine: Falkordb | Neo4j;
  readonly kind: typeof falkordb | typeof neo4j;
  readonly options: Readonly<Record<string, unknown>>;
  /** Which graphs the server has, and what it itself counts of writes. */
  readonly written: () => Promise<unknown>;
}

/** A graph of FalkorDB that the writers of both groups write. */
const GRAPH = "memory";

const clock = { ...systemClock, wallMs: () => NOW_MS };

/** Reads once, as a user that may only read. @param more options of the source; @param warn gets its warnings */
const readerOf =
  ({ kind, options }: Place, more: Readonly<Record<string, unknown>> = {}, warn: (message: string) => void = () => {}): Read =>
  (type) =>
    readOnce(kind as typeof neo4j, { embedding_dimension: DIMENSIONS, ...options, ...more }, type, {
      clock,
      timeoutMs: LONG_MS,
      types: [graphMetrics],
      logger: { debug: () => {}, info: () => {}, warn, error: () => {} },
    });

async function followsGraphiti(place: Place): Promise<void> {
  const { engine } = place;
  await using writer = await graphitiWriter(engine, "team-a", { graph: GRAPH, nowMs: NOW_MS });
  await using other = await graphitiWriter(engine, "team-b", { graph: GRAPH, nowMs: NOW_MS });
  await using reader = graphReader(engine);
  await writer.indexes();
  await writer.entities(3, { age: 600 });
  await writer.episodes(1, { mentions: 0, age: 7_200 });
  const counted = async () => countedGraphiti(await reader.dump(GRAPH), NOW_MS);
  await followsEachStep(graphiti, readerOf(place), counted, graphitiSteps(writer, other));
}

/** Where Graphiti has not created its indexes, an engine does not know the type of facts before the first. */
async function tellsAbsentFromZero(place: Place): Promise<void> {
  const { engine } = place;
  await using writer = await graphitiWriter(engine, "team-a", { graph: GRAPH, nowMs: NOW_MS, bare: true });
  await writer.entities(2);
  await writer.episodes(1, { mentions: 0 });
  const warnings: string[] = [];
  const read = readerOf(place, {}, (message) => warnings.push(message));
  const invalidated = async () => ((await read(agentMemory)) as { readonly invalidated?: number }).invalidated;
  expect(await invalidated()).toBeUndefined();
  expect(warnings.filter((message) => message.includes("invalidated"))).toEqual([
    expect.stringMatching(/^graph \w+: invalidated, invalidatedShare cannot be measured: no relation type RELATES_TO$/),
  ]);
  warnings.length = 0;
  await writer.facts(2);
  expect(await invalidated()).toBe(0);
  await writer.invalidate(1);
  expect(await invalidated()).toBe(1);
  await writer.delete({ facts: 2 });
  expect([await invalidated(), warnings]).toEqual([0, []]);
  await writer.delete({ entities: 2, episodes: 1 });
}

/** Reads everything there is to read, twice, of a graph with something in it. */
async function writesNothing(place: Place): Promise<void> {
  const { engine, written } = place;
  await using writer = await graphitiWriter(engine, "team-a", { graph: GRAPH, nowMs: NOW_MS });
  await writer.indexes();
  await writer.entities(2);
  await writer.facts(1);
  await using reader = graphReader(engine);
  const state = async () => ({ ...(await reader.dump(GRAPH)), written: await written() });
  const before = await state();
  expect(before.nodes.length).toBeGreaterThan(1);
  const found: AnyValues[] = [];
  for (const probe of [{}, { text: "entity" }]) {
    const read = readerOf(place, { probe, queries: { graph: { storeSize: "MATCH (n) RETURN count(n) AS storeSize" } } });
    for (const type of [agentMemory, graphMetrics, graphService]) found.push(await read(type));
  }
  expect(found.map((values) => Object.keys(values).length > 3)).toEqual(found.map(() => true));
  expect(found.filter((values) => "retrievals" in values).map(({ retrievals }) => retrievals)).toEqual(
    [1, 2].map(() => ({ success: 1, empty: 0, failure: 0 })),
  );
  expect(await state()).toEqual(before);
}

describe("Graphiti in FalkorDB, read by a user that may only read", needs("falkordb", "graphiti"), () => {
  let place: Place;
  beforeEach(async () => {
    const engine = await startFalkordb({ password: "admin-1", aclUser: READER });
    const { url, command } = engine;
    const changes = async () => /^rdb_changes_since_last_save:\d+/m.exec(String(await command("INFO", "persistence")))?.[0];
    const written = async () => [await command("GRAPH.LIST"), await changes()];
    place = { engine, kind: falkordb, options: { url, user: READER.name, password: READER.password, graphs: [GRAPH] }, written };
    return () => engine[Symbol.asyncDispose]();
  });

  it("every number of the layout follows each write of graphiti-core", { timeout: LONG_MS }, () => followsGraphiti(place));

  it("the number of invalidated facts is absent before the first fact, and 0 after the last", { timeout: LONG_MS }, () =>
    tellsAbsentFromZero(place),
  );

  it("reading changes nothing on the server and creates no graph", { timeout: LONG_MS }, async () => {
    await writesNothing(place);
    const before = await place.written();
    const missing = readerOf(place, { graphs: ["nobody"] });
    await expect(missing(agentMemory)).rejects.toMatchObject({ code: "source_waiting" });
    expect([before, await place.written()]).toEqual([[[GRAPH], expect.anything()], before]);
  });
});

describe("Graphiti in Neo4j", needs("neo4j", "graphiti"), () => {
  let engine: Neo4j;
  let place: Place;
  beforeAll(async () => {
    engine = await startNeo4j();
    const { run, url, log } = engine;
    const written = async () => [await run("SHOW INDEXES YIELD name, state RETURN name, state ORDER BY name"), statSync(log).size];
    place = { engine, kind: neo4j, options: { url }, written };
    return () => engine[Symbol.asyncDispose]();
  }, LONG_MS);
  beforeEach(() => engine.clear());

  // First, because a database never forgets a type of relation.
  it("the number of invalidated facts is absent before the first fact, and 0 after the last", { timeout: LONG_MS }, () =>
    tellsAbsentFromZero(place),
  );

  it("every number of the layout follows each write of graphiti-core", { timeout: LONG_MS }, () => followsGraphiti(place));

  it("reading changes nothing in the database", { timeout: LONG_MS }, () => writesNothing(place));
});
