import { describe, expect, it } from "vitest";
import { VitalsError } from "../../../src/base/errors.ts";
import { Costs } from "../../../src/source/graph-store/costs.ts";
import { generic } from "../../../src/source/graph-store/layouts/generic.ts";
import { graphiti } from "../../../src/source/graph-store/layouts/graphiti.ts";
import { Probe, type ProbeSettings } from "../../../src/source/graph-store/probe.ts";
import { StoreRefusal } from "../../../src/store/store.ts";
import { FakeStore, row, type Answer } from "../../support/fake-store.ts";

const NEVER = new AbortController().signal;
const BOTH = [
  { graph: "a", layout: graphiti },
  { graph: "b", layout: graphiti },
];

function probe(answer: Answer, settings: Partial<ProbeSettings> = {}) {
  const store = new FakeStore(answer);
  const warnings: string[] = [];
  const clock = { nowMs: 0 };
  const chosen = { text: undefined, index: undefined, intervalMs: 60_000, ...settings };
  const made = new Probe(
    chosen,
    new Costs(undefined, {}),
    () => clock.nowMs,
    (message) => warnings.push(message),
  );
  const run = async (atMs: number, graphs: typeof BOTH = BOTH): Promise<Record<string, unknown>> => {
    clock.nowMs = atMs;
    return Object.fromEntries(await made.run(store, graphs, () => 1_000, NEVER));
  };
  return { store, warnings, clock, run };
}

describe("Probe", () => {
  it("a retrieval is made from each graph, at most once every interval", async () => {
    const { run, store } = probe(() => row({ found: 3 }));
    expect(Object.keys(await run(0))).toEqual(["a", "b"]);
    expect(await run(59_999)).toEqual({});
    expect(Object.keys(await run(60_000))).toEqual(["a", "b"]);
    expect(store.asked).toHaveLength(4);
  });

  it("a retrieval lasts as long as its query", async () => {
    const { run, clock } = probe(() => {
      clock.nowMs += 250;
      return row({ found: 3 });
    });
    expect(await run(0)).toMatchObject({ a: { retrievalDuration: 0.25, retrievals: { success: 1 } } });
  });

  it("successes, empty results and failures are counted by graph, and a failure has no duration", async () => {
    const outcomes: (() => ReturnType<Answer>)[] = [
      () => row({ found: 3 }),
      () => row({ found: 0 }),
      () => {
        throw new VitalsError("source_failed", "one null embedding");
      },
      () => {
        throw new StoreRefusal("no such index");
      },
      () => row({ found: 1 }),
    ];
    const { run, warnings } = probe(() => outcomes.shift()!(), { intervalMs: 0 });
    const one = BOTH.slice(0, 1);
    expect(await run(0, one)).toMatchObject({ a: { retrievals: { success: 1, empty: 0, failure: 0 }, failedRetrievals: 0 } });
    expect(await run(1, one)).toMatchObject({
      a: { retrievals: { success: 1, empty: 1, failure: 0 }, failedRetrievals: 1, retrievalDuration: 0 },
    });
    const failed = await run(2, one);
    expect(failed).toEqual({ a: { retrievals: { success: 1, empty: 1, failure: 1 }, failedRetrievals: 2 } });
    expect(await run(3, one)).toEqual({ a: { retrievals: { success: 1, empty: 1, failure: 2 }, failedRetrievals: 3 } });
    expect(await run(4, one)).toMatchObject({ a: { retrievals: { success: 2 }, failedRetrievals: 0 } });
    expect(warnings).toEqual(["the probe of graph a failed: one null embedding", "the probe of graph a failed: no such index"]);
  });

  it("the text and the index of the settings are parameters of the query, never a part of its text", async () => {
    const { run, store } = probe(() => row({ found: 1 }), { text: `x"}) RETURN 1 //`, index: "mine" });
    await run(0);
    expect(store.asked[0]?.parameters).toEqual({ index: "mine", text: `x"}) RETURN 1 //` });
    expect(store.asked[0]?.text).not.toContain("RETURN 1 //");
  });

  it.each([
    [undefined, "graph a has the layout generic, which has no embedding to retrieve by; set probe.text"],
    ["hello", "graph a has the layout generic, which has no full-text index of its own; set probe.index"],
  ])("a layout that cannot be searched with the text %o is not, and a warning says what to set", async (text, warning) => {
    const { run, warnings } = probe(() => row({ found: 1 }), { text });
    expect(await run(0, [{ graph: "a", layout: generic }])).toEqual({});
    expect(warnings).toEqual([warning]);
  });
});
