import { describe, expect, it } from "vitest";
import { VitalsError } from "../../../src/base/errors.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { gauge } from "../../../src/sample/field.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { Costs } from "../../../src/source/graph-store/costs.ts";
import type { Measure } from "../../../src/source/graph-store/layout.ts";
import { StoreReader } from "../../../src/source/graph-store/reader.ts";
import { missingOf } from "../../../src/source/incomplete.ts";
import { FakeStore, isCatalog, row, rows, stats, type Answer } from "../../support/fake-store.ts";

const queue = defineSampleType("queue", { depth: gauge("queue.depth", "{job}"), age: gauge("queue.age", "s") });
const custom = (["depth", "age"] as const).map((field): Measure => ({
  name: `queue.${field}`,
  type: "queue",
  fields: [field],
  cost: "cheap",
  query: { falkordb: `RETURN ${field}` },
}));
const { signal } = new AbortController();

/** A reader of a store that answers every query but that for the catalog. */
function readerOf(answer: Answer, options: { readonly layout?: string; readonly labels?: Readonly<Record<string, number>> } = {}) {
  const { layout = "generic", labels = { Thing: 1 } } = options;
  const store = new FakeStore((statement, ending) => (isCatalog(statement) ? stats(labels) : answer(statement, ending)));
  const reader = new StoreReader({
    kind: "falkordb",
    connection: async () => ({ url: "redis://localhost", user: "", password: "" }),
    connect: async () => store,
    graphs: ["g"],
    maxGraphs: 1,
    layout,
    custom,
    scanIntervalMs: Number.POSITIVE_INFINITY,
    scanTimeoutMs: 1_000,
    topology: { timeoutMs: 1, budgetMs: 1, maxItems: 1 },
    embeddingDimension: undefined,
    probe: undefined,
    clock: new ManualClock(),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    costs: new Costs(undefined, {}),
  });
  return { reader, store };
}

const refuse = (): never => {
  throw new VitalsError("source_failed", "the server refused the query");
};

describe("a reading of a store", () => {
  it("a measure that fails is missing from the reading, and the others are there", async () => {
    const { reader } = readerOf(({ text }) => (text.includes("depth") ? row({ depth: 3 }) : refuse()));
    const values = await reader.read(queue, false, 1_000, signal);
    expect(values).toEqual({ depth: 3 });
    expect(missingOf(values)).toMatchObject({
      share: 0.5,
      count: 1,
      text: expect.stringContaining("queue.age of graph g: the server refused"),
    });
  });

  it("the reading fails if every measure failed", async () => {
    const { reader } = readerOf(refuse);
    await expect(reader.read(queue, false, 1_000, signal)).rejects.toMatchObject({
      code: "source_failed",
      message: "every measure failed; first queue.depth of graph g: the server refused the query",
    });
  });

  it("the newest episode is looked for among those that are not older than the previous newest", async () => {
    const times = ["2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"];
    const { reader, store } = readerOf(
      ({ text }) => {
        const newest = text.includes("newestMemoryAge") ? times.shift() : undefined;
        return newest === undefined ? rows(["newestMemoryAge"]) : row({ newestMemoryAge: newest });
      },
      { layout: "graphiti", labels: { Episodic: 2, Entity: 1 } },
    );
    for (let n = 0; n < 4; n += 1) await reader.read(agentMemory, false, 1_000, signal);
    const since = store.asked.filter(({ text }) => text.includes("newestMemoryAge")).map(({ parameters }) => parameters?.["since"]);
    // The third finds nothing: the episode was deleted, and the fourth looks at all.
    expect(since).toEqual(["", "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00", ""]);
  });
});
