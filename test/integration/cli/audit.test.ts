import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { ITEMS } from "../../../src/audit/items.ts";
import type { AuditDocument } from "../../../src/audit/report.ts";
import { command } from "../../support/command.ts";
import { startFalkordb } from "../../support/engines/falkordb.ts";
import { graphitiWriter } from "../../support/engines/graphiti.ts";
import { startNeo4j } from "../../support/engines/neo4j.ts";
import { needs } from "../../support/programs.ts";

const LONG_MS = 120_000;
const READER = { name: "reader", password: "reader-1" };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "audit-"));
  return () => rm(folder, { recursive: true, force: true });
});

const entity = (name: string, ...observations: readonly string[]): string =>
  JSON.stringify({ type: "entity", name, entityType: "person", observations });
const relation = (from: string, to: string): string => JSON.stringify({ type: "relation", from, to, relationType: "knows" });

/** A memory with one statement stored three times, an orphan without an observation and a broken line. */
const DAMAGED = [
  entity("Ada", "N/A", "N/A", "N/A", "writes programs"),
  entity("Bob", "plays chess"),
  entity("Eve"),
  relation("Ada", "Bob"),
  "{",
];

const numbersOf = ({ audits }: AuditDocument, n = 0): Readonly<Record<string, number | string | undefined>> =>
  Object.fromEntries((audits[n]?.items ?? []).map(({ name, value, reason }) => [name, value ?? reason]));

describe("otel-vitals audit", () => {
  it("A memory file written a moment ago is counted, and what is wrong with it is found", async () => {
    const file = join(folder, "memory.jsonl");
    await writeFile(file, `${DAMAGED.join("\n")}\n`);
    const { code, stdout, stderr } = await command(["audit", file, "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    const document = JSON.parse(stdout) as AuditDocument;
    expect([document.passed, document.audits.length]).toEqual([true, 1]);
    expect(numbersOf(document)).toMatchObject({
      memories: 6,
      nodes: 3,
      edges: 1,
      islands: 2,
      duplicates: 2,
      "duplicate-share": 0.333333333333,
      commonest: 0.6,
      orphans: 1,
      unreferenced: 1,
      skipped: 1,
      oldest: "a memory file stores no times",
    });
  });

  it("A number over its limit, or one that was not measured, fails the command with 1", async () => {
    await writeFile(join(folder, "memory.jsonl"), `${DAMAGED.join("\n")}\n`);
    const limits = ["--max", "orphans=0", "--max", "duplicates=2", "--min", "memories=7", "--max", "newest=1d"];
    const { code, stdout, stderr } = await command(["audit", "./memory.jsonl", ...limits], { cwd: folder });
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout.trimEnd().split("\n").slice(-4)).toEqual([
      "  ✖ max orphans=0: 1, more than 0",
      "  ● max duplicates=2",
      "  ✖ max newest=1d: not measured: a memory file stores no times",
      "  ✖ min memories=7: 6, less than 7",
    ]);
  });

  it("Sources of the configuration are audited by name, or all that hold a memory", async () => {
    await writeFile(join(folder, "a.jsonl"), `${entity("Ada", "writes programs")}\n`);
    await writeFile(join(folder, "b.jsonl"), `${entity("Bob", "plays chess")}\n${entity("Eve", "listens")}\n`);
    const config = join(folder, "config.yaml");
    await writeFile(
      config,
      `file_format: "1.0"
collector:
  sources:
    machine: { kind: host }
    first: { kind: mcp-memory, path: a.jsonl }
    second: { kind: mcp-memory, path: b.jsonl }
  collections:
    machine: { source: machine, type: system, interval: 10s }
`,
    );
    const audited = async (...args: readonly string[]) => {
      const { stdout } = await command(["audit", "-c", config, "--json", ...args]);
      const document = JSON.parse(stdout) as AuditDocument;
      return document.audits.map(({ source }, n) => `${source} ${numbersOf(document, n)["nodes"]}`);
    };
    expect([await audited(), await audited("second")]).toEqual([["first 1", "second 2"], ["second 2"]]);
    const wrong = await command(["audit", "-c", config, "machine"]);
    expect([wrong.code, wrong.stderr.split("\n")[0]]).toEqual([
      2,
      'otel-vitals: unknown source "machine"; expected first or second (a file in this folder is ./machine)',
    ]);
  });

  it("A file that is no memory is refused with what is wrong with it", async () => {
    const file = join(folder, "notes.jsonl");
    await writeFile(file, "hello\nworld\n");
    const { code, stdout, stderr } = await command(["audit", file]);
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain("notes.jsonl");
  });

  it.each([
    [["audit", "./nothing.jsonl"], 4, /^memory file "\.\/nothing\.jsonl" does not exist$/],
    [["audit", "redis://127.0.0.1:1/main", "--timeout", "5s"], 4, /^redis:\/\/127\.0\.0\.1:1\/main: .*127\.0\.0\.1:1/],
    [["audit", "mysql://db"], 2, /no source kind reads mysql/],
    [["audit", "./a.jsonl", "--max", "orphans"], 2, /--max: expected NAME=NUMBER/],
    [["audit", "./a.jsonl", "--timeout", "soon"], 2, /--timeout: expected a duration such as "30s", found "soon"/],
  ])("%s ends with %d and one line that says why", async (args, expected, message) => {
    const { code, stdout, stderr } = await command(args, { cwd: folder });
    expect([code, stdout]).toEqual([expected, ""]);
    expect(stderr.split("\n")[0]).toMatch(message);
  });
});

describe("docs/how-to/audit.md", () => {
  const text = readFileSync(new URL("../../../docs/how-to/audit.md", import.meta.url), "utf8");
  const commands = [...text.matchAll(/^```sh\n(otel-vitals audit .*)\n```(?:\n\n```text\n([^]*?)```)?/gm)].map(
    ([, line = "", printed]) => ({
      line,
      printed,
    }),
  );

  it.each(commands)("$line prints what the guide shows", async ({ line, printed }) => {
    const { code, stdout, stderr } = await command(line.split(" ").slice(1));
    expect([code, stderr]).toEqual([0, ""]);
    if (printed !== undefined) expect(stdout).toBe(printed);
  });

  it("The guide shows a command with its output and one with limits, and every number", () => {
    expect(commands.map(({ line, printed }) => [/--m/.test(line), printed !== undefined])).toEqual([
      [false, true],
      [true, false],
    ]);
    for (const { name } of ITEMS) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

describe("otel-vitals audit of a store", () => {
  describe("in FalkorDB", needs("falkordb", "graphiti"), () => {
    it("Each graph has an audit with the numbers that its writer counts", { timeout: LONG_MS }, async () => {
      await using engine = await startFalkordb({ password: "admin-1", aclUser: READER });
      await using a = await graphitiWriter(engine, "team-a");
      await using b = await graphitiWriter(engine, "team-b");
      await a.entities(3, { age: 600 });
      await a.entities(1, { age: 600, embedded: false });
      await a.episodes(1, { mentions: 2, age: 86_400 });
      await a.facts(2, { age: 1_800, between: [0, 1], text: "N/A" });
      await a.invalidate(1);
      await b.entities(2);
      await b.episodes(1, { mentions: 0 });
      const url = engine.url.replace("redis://", "falkordb://");
      const env = { FALKORDB_USER: READER.name, FALKORDB_PASSWORD: READER.password };
      const { code, stdout, stderr } = await command(["audit", `${url}/team-*`, "--json", "--max", "orphans=2"], { env });
      expect(stderr).toBe("");
      const document = JSON.parse(stdout) as AuditDocument;
      expect(document.audits.map(({ graph, kind, source }) => [source, kind, graph])).toEqual(
        ["team-a", "team-b"].map((graph) => [`${url}/team-*`, "falkordb", graph]),
      );
      expect(numbersOf(document)).toMatchObject({
        memories: 3,
        episodes: 1,
        scopes: 1,
        nodes: 5,
        "duplicate-share": 0.5,
        commonest: 1,
        "missing-embeddings": expect.closeTo(1 / 6, 9),
        invalidated: 1,
        "invalidated-share": 0.5,
        orphans: 0,
        unreferenced: 2,
        "offline-indexes": 0,
        duplicates: "the source counts duplicates by name only",
      });
      expect(Number(numbersOf(document)["oldest"])).toBeGreaterThan(86_000);
      expect([code, document.audits.map(({ limits }) => limits[0]?.passed)]).toEqual([1, [true, false]]);
    });
  });

  describe("in Neo4j", needs("neo4j"), () => {
    it("One graph has an audit, and what its layout lacks has a reason", { timeout: LONG_MS }, async () => {
      await using engine = await startNeo4j();
      await engine.run(
        "CREATE (a:Memory:person {name: 'Ada', type: 'person', observations: ['N/A', 'N/A']})-[:KNOWS]->(:Memory:person {name: 'Bob', type: 'person', observations: []}), (:Memory:person {name: 'Ada', type: 'person', observations: ['writes']})",
      );
      const { code, stdout, stderr } = await command(["audit", engine.url, "--json"]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(numbersOf(JSON.parse(stdout) as AuditDocument)).toMatchObject({
        memories: 4,
        nodes: 3,
        orphans: 1,
        "duplicate-names": 1,
        unreferenced: 1,
        newest: "the layout neo4j-mcp (Neo4j's MCP memory) does not record it",
      });
    });
  });
});
