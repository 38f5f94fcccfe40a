import { describe, expect, it } from "vitest";
import type { CollectorConfig } from "../../../src/collector/options.ts";
import { planChange, rebased } from "../../../src/collector/plan-change.ts";
import { resolve, type Plan } from "../../../src/collector/resolve.ts";
import type { AnySourceKind } from "../../../src/source/source.ts";

type Config = CollectorConfig<AnySourceKind>;

const bytes = { size: { instrument: "file.size", unit: "By" } } as const;

const base = {
  windows: ["1m"],
  sources: { here: { kind: "host" }, web: { kind: "http-json", url: "http://127.0.0.1:1/a", readings: { bytes: { size: "/size" } } } },
  collections: { machine: { source: "here", interval: "5s" }, files: { source: "web", interval: "10s" } },
  sample_types: { bytes },
} as Config;

const planOf = (config: Config): Plan => resolve(config);
const changeOf = (after: Config) => planChange(planOf(base), planOf(after));
const configOf = (changes: object): Config => ({ ...base, ...changes });

const same = { sources: { here: "unchanged", web: "unchanged" }, collections: { machine: "unchanged", files: "unchanged" } };
const namesOf = ({ sources, collections }: ReturnType<typeof planChange>) => ({
  sources: Object.fromEntries(sources),
  collections: Object.fromEntries(collections),
});

describe("planChange", () => {
  it("planChange finds no change between two plans of one configuration, although types and readings are other objects", () => {
    const change = changeOf(structuredClone(base));
    expect(namesOf(change)).toEqual(same);
    expect(change).toMatchObject({ settings: [], restart: [] });
    expect(change.sinks.size).toBe(0);
  });

  it("planChange finds no change where a default is written out", () => {
    const written = configOf({
      sources: { ...base.sources, here: { kind: "host", breaker: { failures: 5 } } },
      collections: { ...base.collections, files: { source: "web", interval: "10000ms", timeout: "10s" } },
    });
    expect(namesOf(changeOf(written))).toEqual(same);
  });

  it.each([
    ["interval", { machine: { source: "here", interval: "6s" } }],
    ["timeout", { machine: { source: "here", interval: "5s", timeout: "2s" } }],
    ["slow", { machine: { source: "here", interval: "5s", slow: "2s" } }],
    ["retain", { machine: { source: "here", interval: "5s", retain: 10 } }],
  ])("planChange finds a changed %s of one collection", (_, collections) => {
    const change = changeOf(configOf({ collections: { ...base.collections, ...collections } }));
    expect(namesOf(change)).toEqual({ ...same, collections: { machine: "changed", files: "unchanged" } });
  });

  it("planChange counts the collections of a source as changed whose user interface has another address, and not the source", () => {
    const sources = { ...base.sources, here: { kind: "host", ui: "http://127.0.0.1:3000/" } };
    const after = planOf(configOf({ sources }));
    const change = planChange(planOf(base), after);
    expect(namesOf(change)).toEqual({ ...same, collections: { machine: "changed", files: "unchanged" } });
    const next = rebased(planOf(base), after, change);
    expect([next.sources.get("here")?.ui, next.collections.get("machine")?.sourceUi]).toEqual([
      "http://127.0.0.1:3000/",
      "http://127.0.0.1:3000/",
    ]);
    expect(next.collections.get("files")?.sourceUi).toBe("");
  });

  it("planChange counts a collection as changed whose rules differ, and no other one", () => {
    const health = { rules: [{ collection: "files", field: "size", above: 10 }] };
    expect(namesOf(changeOf(configOf({ health })))).toEqual({ ...same, collections: { machine: "unchanged", files: "changed" } });
    expect(changeOf(configOf({ health })).settings).toEqual([]);
  });

  it.each([
    ["an option", { kind: "http-json", url: "http://127.0.0.1:1/b", readings: { bytes: { size: "/size" } } }],
    ["the breaker", { kind: "http-json", url: "http://127.0.0.1:1/a", readings: { bytes: { size: "/size" } }, breaker: { failures: 7 } }],
  ])("planChange counts a source as changed of which %s differs, and its collections", (_, web) => {
    const change = changeOf(configOf({ sources: { ...base.sources, web } }));
    expect(namesOf(change)).toEqual({
      sources: { here: "unchanged", web: "changed" },
      collections: { machine: "unchanged", files: "changed" },
    });
  });

  it("planChange counts a source as changed whose declared sample type differs, and its collections", () => {
    const change = changeOf(configOf({ sample_types: { bytes: { size: { instrument: "file.size", unit: "KiBy" } } } }));
    expect(namesOf(change)).toEqual({
      sources: { here: "unchanged", web: "changed" },
      collections: { machine: "unchanged", files: "changed" },
    });
  });

  it("planChange lists what was added, and what was removed last", () => {
    const change = changeOf({ ...base, sources: { here: { kind: "host" } }, collections: { new: { source: "here" } } });
    expect([...change.collections]).toEqual([
      ["new", "added"],
      ["machine", "removed"],
      ["files", "removed"],
    ]);
    expect([...change.sources]).toEqual([
      ["here", "unchanged"],
      ["web", "removed"],
    ]);
  });

  it("planChange finds sinks that were added, changed and removed", () => {
    const to = (url: string) => planOf(configOf({ alerts: { webhook: { url } } }));
    const none = planOf(base);
    expect([...planChange(none, to("http://127.0.0.1:1/")).sinks]).toEqual([["webhook", "added"]]);
    expect([...planChange(to("http://127.0.0.1:1/"), to("http://127.0.0.1:2/")).sinks]).toEqual([["webhook", "changed"]]);
    expect([...planChange(to("http://127.0.0.1:1/"), to("http://127.0.0.1:1/")).sinks]).toEqual([["webhook", "unchanged"]]);
    expect([...planChange(to("http://127.0.0.1:1/"), none).sinks]).toEqual([["webhook", "removed"]]);
  });

  it("planChange lists the settings that apply at once, and those that need a restart", () => {
    const health = { flapping: "1s", history: 5, interval: "1s", startup_grace: "0s", informational: ["source:here"] };
    const change = changeOf(configOf({ windows: ["2m"], health, state: { dir: "x" } }));
    expect([...change.settings].sort()).toEqual([
      "health.flapping",
      "health.history",
      "health.informational",
      "health.interval",
      "windows",
    ]);
    expect(change.restart).toEqual(["health.startup_grace", "state"]);
    const stateOf = (state: object) => planOf(configOf({ state }));
    expect(planChange(stateOf({ dir: "x" }), stateOf({ dir: "y", sync: "2s" })).restart).toEqual(["state.dir", "state.sync"]);
  });
});

describe("rebased", () => {
  it("rebased keeps the objects of what did not change, and the settings that need a restart", () => {
    const before = planOf(configOf({ state: { dir: "x" } }));
    const after = planOf(
      configOf({ state: { dir: "y" }, collections: { ...base.collections, files: { source: "web", interval: "20s" } } }),
    );
    const plan = rebased(before, after, planChange(before, after));
    expect(plan.collections.get("machine")).toBe(before.collections.get("machine"));
    expect(plan.sources.get("web")).toBe(before.sources.get("web"));
    const files = plan.collections.get("files");
    expect(files?.intervalMs).toBe(20_000);
    expect(files?.reading.type).toBe(before.collections.get("files")?.reading.type);
    expect(plan.types.get("bytes")).toBe(before.types.get("bytes"));
    expect(plan.options.state?.dir).toBe("x");
  });
});
