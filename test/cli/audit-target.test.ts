import { describe, expect, it } from "vitest";
import { isSourceName, sourceOf } from "../../src/cli/audit-target.ts";

const FILE = new URL("../../examples/memory.jsonl", import.meta.url);

describe("The argument of audit", () => {
  it.each([
    ["memory", true],
    ["team-memory_2", true],
    ["./memory", false],
    ["memory.jsonl", false],
    ["~/memory", false],
    ["C:\\memory", false],
    ["neo4j://host", false],
  ])("%s is the name of a source: %s", (target, expected) => {
    expect(isSourceName(target)).toBe(expected);
  });

  it("A path or a file URL is a memory file", () => {
    expect(sourceOf(FILE.pathname, {})).toMatchObject({
      name: FILE.pathname,
      kind: { kind: "mcp-memory" },
      options: { path: FILE.pathname },
    });
    expect(sourceOf(FILE.href, {})).toMatchObject({ kind: { kind: "mcp-memory" }, options: { path: FILE.pathname } });
  });

  it("A file that does not exist is reported at once", () => {
    expect(() => sourceOf("./no-memory.jsonl", {})).toThrow('memory file "./no-memory.jsonl" does not exist');
  });

  it.each([
    ["falkordb://db:6380/main", { url: "redis://db:6380", graphs: ["main"] }],
    ["falkordbs://db/team%20a", { url: "rediss://db", graphs: ["team a"] }],
    ["redis://db:6379", { url: "redis://db:6379", graphs: ["*"] }],
    ["redis://db:6379/team-*", { url: "redis://db:6379", graphs: ["team-*"] }],
  ])("%s is a store in FalkorDB", (target, options) => {
    expect(sourceOf(target, {})).toMatchObject({ name: target, kind: { kind: "falkordb" }, options: { ...options, password: "" } });
  });

  it.each([
    ["neo4j://db:7687", { url: "neo4j://db:7687", database: "neo4j" }],
    ["bolt+s://db/people", { url: "bolt+s://db", database: "people" }],
  ])("%s is a store in Neo4j", (target, options) => {
    expect(sourceOf(target, {})).toMatchObject({ name: target, kind: { kind: "neo4j" }, options: { ...options, password: "" } });
  });

  it("User and password of a URL are used and not shown; without a password those of the environment are used", () => {
    const env = { NEO4J_USER: "reader", NEO4J_PASSWORD: "from-env" };
    const given = sourceOf("neo4j://ada:s%40crat@db", env);
    expect([given.name, given.options]).toEqual([
      "neo4j://db",
      expect.objectContaining({ user: "ada", password: "s@crat", url: "neo4j://db" }),
    ]);
    expect(sourceOf("neo4j://db", env).options).toMatchObject({ user: "reader", password: "from-env" });
    expect(sourceOf("neo4j://ada@db", env).options).toMatchObject({ user: "ada", password: "from-env" });
    expect(sourceOf("redis://db/main", { FALKORDB_PASSWORD: "secret" }).options).toMatchObject({ user: "", password: "secret" });
  });

  it.each([
    ["https://db/stats", /kind http-json/],
    ["mysql://db", /^no source kind reads mysql:\/\/; expected falkordb:/],
    ["neo4j://a:b@db:99999", /^expected a path, a URL or the name of a source, found "neo4j:\/\/db:99999"$/],
  ])("%s is refused with what to do instead", (target, message) => {
    expect(() => sourceOf(target, {})).toThrow(message);
  });
});
