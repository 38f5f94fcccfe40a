import { describe, expect, it } from "vitest";
import { resolve } from "../../../src/collector/resolve.ts";
import { STORE_RULES } from "../../../src/source/graph-store/rules.ts";

const RULES = Object.values(STORE_RULES).flat();

const planOf = (source: { kind: "neo4j" } | { kind: "falkordb"; graphs: string[] }, more: object = {}) =>
  resolve({
    sources: { store: { ...source, probe: { text: "a" } } },
    collections: Object.fromEntries(Object.keys(STORE_RULES).map((type) => [type, { source: "store", type, ...more }])),
  });

describe("the rules of graph stores", () => {
  it.each([[{ kind: "neo4j" }], [{ kind: "falkordb", graphs: ["g"] }], [{ kind: "falkordb", graphs: ["a*"] }]] as const)(
    "the rules of %j can fire and resolve in collections with default settings",
    (source) => {
      const { collections } = planOf(source as never);
      const names = [...collections.values()].flatMap(({ rules }) => rules.map(({ name }) => name));
      expect(names).toEqual(RULES.map(({ name }) => name));
      expect(names.length).toBeGreaterThan(9);
    },
  );

  it("names are unique, and none is that of a rule that is built in", () => {
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
    expect(() => planOf({ kind: "neo4j" }, { interval: "10s" })).not.toThrow();
  });

  it("a source without a graph store has none of them", () => {
    const { collections } = resolve({ sources: { here: { kind: "host" } }, collections: { machine: { source: "here" } } });
    expect(collections.get("machine")?.rules).toEqual([]);
  });

  it("fields of scans are judged over a scan interval, and the others over a minute", () => {
    const rules = planOf({ kind: "neo4j" }).collections.get("agent-memory")?.rules ?? [];
    const windowOf = (name: string) => rules.find((rule) => rule.name === name)?.window;
    expect(windowOf("VitalsExtractionLag")).toBe("5m");
    expect(windowOf("VitalsProbeFailing")).toBe("1m");
  });
});
