import { describe, expect, it } from "vitest";
import { falkordb, neo4j } from "../../../src/source/graph-store/kinds.ts";
import { resolveSource } from "../../../src/source/source.ts";

describe("Options of a store", () => {
  it.each([
    [falkordb, { graphs: ["g"] }],
    [neo4j, {}],
  ])("a client's certificate needs its key, and the key its certificate", (kind, options) => {
    const problem = (tls: object): string | undefined => {
      const resolved = resolveSource("it", kind, { ...options, tls }, new Map());
      return resolved.ok ? undefined : resolved.issues[0]?.message;
    };
    expect([problem({ cert: "a" }), problem({ key: "a" })]).toEqual(Array(2).fill("expected cert and key, found one of them"));
    expect([problem({ cert: "a", key: "b" }), problem({ ca: "c" }), problem({})]).toEqual([undefined, undefined, undefined]);
  });
});
