import { describe, expect, it } from "vitest";
import { systemClock, type Clock } from "../../../src/base/clock.ts";
import { diagLogger } from "../../../src/base/logger.ts";
import type { SampleType } from "../../../src/sample/sample-type.ts";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { graphMetrics, type GraphMetrics } from "../../../src/sample/types/graph.ts";
import { falkordb, neo4j } from "../../../src/source/graph-store/kinds.ts";
import { readOnce } from "../../../src/source/read-once.ts";
import { startFalkordb, type Falkordb } from "../../support/engines/falkordb.ts";
import { graphitiWriter, type GraphitiWriter } from "../../support/engines/graphiti.ts";
import { startNeo4j } from "../../support/engines/neo4j.ts";
import { needs } from "../../support/programs.ts";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** A memory that was written every hour for two days, and whose last three episodes have no facts. */
async function fill(writer: GraphitiWriter): Promise<void> {
  await writer.indexes();
  await writer.entities(30);
  for (let hour = 48; hour >= 1; hour -= 1) await writer.episodes(1, { age: hour * HOUR_S });
  await writer.facts(60, { age: 2 * HOUR_S });
  await writer.episodes(2);
}

const FILLED = {
  episodes: 50,
  unextractedEpisodes: 3,
  extractionLag: expect.closeTo(2 * HOUR_S, -2) as number,
  usualGap: DAY_S,
  relativeMemoryAge: expect.closeTo(0, 2) as number,
  embeddingMismatch: 0,
  commonestEmbeddingShare: expect.closeTo(1 / 30, 9) as number,
  recentCommonestShare: expect.closeTo(1 / 50, 9) as number,
  invalidatedRise: 0,
};

describe("what the rules of a store judge, on the real engines", () => {
  it(
    "FalkorDB measures what the rules judge, and an embedding of another size as soon as it is stored",
    { ...needs("falkordb", "graphiti"), timeout: 60_000 },
    async () => {
      await using engine = await startFalkordb();
      await using writer = await graphitiWriter(engine, "g");
      await fill(writer);
      const read = () => readOnce(falkordb, { url: engine.url, graphs: ["g"] }, agentMemory, { timeoutMs: 20_000 });
      expect(await read()).toMatchObject(FILLED);
      await breakEmbeddings((query) => queryFalkordb(engine, query), "vecf32([1.0, 2.0])", `'${new Date().toISOString()}'`);
      expect(await read()).toMatchObject({ embeddingDimension: 2, embeddingMismatch: 10 / 20, commonestEmbeddingShare: 10 / 40 });
    },
  );

  it(
    "a graph that does not change has its topology at each scan, so that no rule takes its orphans for ended",
    { ...needs("falkordb"), timeout: 60_000 },
    async () => {
      await using engine = await startFalkordb();
      await queryFalkordb(engine, "CREATE (:A)-[:R]->(:A), (:A), (:A)");
      const types = new Map<string, SampleType>();
      let aheadMs = 0;
      const clock: Clock = {
        monotonicMs: () => systemClock.monotonicMs() + aheadMs,
        wallMs: () => systemClock.wallMs(),
        sleepUntil: (ms, ending) => systemClock.sleepUntil(ms - aheadMs, ending),
      };
      const options = falkordb.options.parse({ url: engine.url, graphs: ["g"] });
      const context = { name: "g", baseDir: "/", clock, logger: diagLogger, types, signal: AbortSignal.timeout(60_000) };
      await using reader = await falkordb.open(options, context);
      const read = () => {
        aheadMs += 300_000;
        return reader.read(graphMetrics, false, 20_000, AbortSignal.timeout(20_000));
      };
      const readings = [await read(), await read(), await read()];
      expect(readings.map((values) => (values as GraphMetrics).orphanShare)).toEqual([0.5, 0.5, 0.5]);
      await queryFalkordb(engine, "CREATE (:A)-[:R]->(:A), (:A), (:A), (:A), (:A)");
      expect(((await read()) as GraphMetrics).orphanShare).toBe(0.6);
    },
  );

  it(
    "Neo4j measures what the rules judge, and an embedding of another size as soon as it is stored",
    { ...needs("neo4j", "graphiti"), timeout: 120_000 },
    async () => {
      await using engine = await startNeo4j();
      await using writer = await graphitiWriter(engine, "g");
      await fill(writer);
      const options = { url: engine.url, password: engine.password ?? "" };
      const read = () => readOnce(neo4j, options, agentMemory, { timeoutMs: 20_000 });
      expect(await read()).toMatchObject(FILLED);
      await breakEmbeddings((query) => engine.run(query), "[1.0, 2.0]", "datetime()");
      expect(await read()).toMatchObject({ embeddingDimension: 2, embeddingMismatch: 10 / 20, commonestEmbeddingShare: 10 / 40 });
    },
  );
});

/** Ten entities of different names with one embedding of two dimensions. */
async function breakEmbeddings(run: (query: string) => Promise<unknown>, vector: string, now: string): Promise<void> {
  await run(
    `UNWIND range(1, 10) AS n CREATE (:Entity {uuid: toString(n), name: 'broken ' + toString(n), created_at: ${now}, name_embedding: ${vector}})`,
  );
}

const queryFalkordb = ({ command }: Falkordb, query: string): Promise<unknown> => command("GRAPH.QUERY", "g", query);
