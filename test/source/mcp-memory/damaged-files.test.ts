import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../../../src/sample/types/graph.ts";
import { mcpMemory } from "../../../src/source/mcp-memory/mcp-memory.ts";
import { measureFile } from "../../../src/source/mcp-memory/measure-file.ts";
import { MemoryFile } from "../../../src/source/mcp-memory/memory-file.ts";
import { readOnce } from "../../../src/source/read-once.ts";
import { defineSource } from "../../../src/source/source.ts";
import { needs } from "../../support/programs.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vitals-damaged-"));
  path = join(folder, "memory.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes the file as one that was last written an hour ago, or `ageS` seconds. */
function write(contents: string | Buffer, ageS = 3_600): void {
  writeFileSync(path, contents);
  const time = Date.now() / 1_000 - ageS;
  utimesSync(path, time, time);
}

/** The source without a thread of its own, whose start takes longer than a test. */
const inThisThread = defineSource({
  ...mcpMemory,
  open: (options, { clock }) =>
    new MemoryFile(
      { path: options.path, shownPath: options.path, types: options.memory_types, maxBytes: options.max_bytes, budgetMs: 1_000 },
      measureFile,
      { clock, expensiveIntervalMs: 0, close: async () => {} },
    ),
});

const graph = () => readOnce(inThisThread, { path }, graphMetrics, { timeoutMs: 30_000 });
const memory = () => readOnce(inThisThread, { path }, agentMemory);

const A = '{"type":"entity","name":"A","entityType":"person","observations":["one","two"]}';
const B = '{"type":"entity","name":"B","entityType":"person","observations":["three"]}';
const KNOWS = '{"type":"relation","from":"A","to":"B","relationType":"knows"}';
const untyped = (line: string): string => line.replace(/"type":"[a-z]+",/, "");
/** Two entities with three observations, and a relation. */
const WHOLE = { nodeCount: 2, edgeCount: 1, skippedItems: 0 };
const WHOLE_MEMORY = { totalMemories: 4, skippedLines: 0 };
const DOCUMENT = { entities: [JSON.parse(untyped(A)), JSON.parse(untyped(B))], relations: [JSON.parse(untyped(KNOWS))] };

describe("mcp-memory", () => {
  it.each([
    ["lines without a type", [A, B, KNOWS].map(untyped).join("\n")],
    ["several objects on one line", `${A}\n${B}${KNOWS}\n`],
    ["lines that end in carriage returns alone", [A, B, KNOWS].join("\r")],
    ["lines that end in carriage return and newline", `${[A, B, KNOWS].join("\r\n")}\r\n`],
    ["one JSON document of entities and relations", JSON.stringify(DOCUMENT)],
    ["such a document over several lines", JSON.stringify(DOCUMENT, undefined, 2)],
    ["a list of entities and relations", `[${[A, B, KNOWS].join(",")}]`],
    ["such a list with an item on each line", `[\n${[A, B, KNOWS].join(",\n")}\n]\n`],
    ["a byte-order mark", `\u{FEFF}${[A, B, KNOWS].join("\n")}`],
    ["little-endian UTF-16", Buffer.from(`\u{FEFF}${[A, B, KNOWS].join("\r\n")}`, "utf16le")],
    ["big-endian UTF-16", Buffer.from(`\u{FEFF}${[A, B, KNOWS].join("\n")}`, "utf16le").swap16()],
    [
      "big-endian UTF-16 of a document over several lines",
      Buffer.from(`\u{FEFF}${JSON.stringify(DOCUMENT, undefined, 2)}`, "utf16le").swap16(),
    ],
    [
      "observations that are objects with a text",
      [A, B.replace('"three"', '{"text":"three","timestamp":"2025-05-11T00:00:00Z"}'), KNOWS].join("\n"),
    ],
    ["an observation without its list", [A, B.replace('["three"]', '"three"'), KNOWS].join("\n")],
    ["the marker of a program on its own line", ['{"type":"_aim","source":"mcp-knowledge-graph"}', A, B, KNOWS].join("\n")],
  ])("mcp-memory reads %s", async (_, contents) => {
    write(contents);
    expect(await graph()).toMatchObject(WHOLE);
    expect(await memory()).toMatchObject(WHOLE_MEMORY);
  });

  it.each([
    ["a line that was cut", [A, '{"type":"entity","name":"B","e', KNOWS].join("\n"), "not_json", { nodeCount: 1, edgeCount: 1 }],
    ["a last line that was cut", [A, B, '{"type":"relation","from":"A",'].join("\n"), "not_json", { nodeCount: 2, edgeCount: 0 }],
    ["a line that is a number", [A, B, "5", KNOWS].join("\n"), "not_a_record", { nodeCount: 2, edgeCount: 1 }],
    ["a line that is null", [A, B, "null", KNOWS].join("\n"), "not_a_record", { nodeCount: 2, edgeCount: 1 }],
    ["a name that is null", [A, B, A.replace('"A"', "null"), KNOWS].join("\n"), "not_a_record", { nodeCount: 2, edgeCount: 1 }],
    [
      "a relation without an end",
      [A, B, '{"type":"relation","from":"A","relationType":"knows"}'].join("\n"),
      "not_a_record",
      { nodeCount: 2, edgeCount: 0 },
    ],
    ["a relation to nowhere", [A, B, KNOWS.replace('"B"', "null")].join("\n"), "not_a_record", { nodeCount: 2, edgeCount: 0 }],
    [
      "a line without a type that may be both",
      [A, B, '{"name":"C","entityType":"t","from":"A","to":"B","relationType":"knows"}'].join("\n"),
      "not_a_record",
      { nodeCount: 2, edgeCount: 0 },
    ],
    [
      "an observation that is null",
      [A, B.replace('"three"', '"three",null'), KNOWS].join("\n"),
      "observation",
      { nodeCount: 2, edgeCount: 1 },
    ],
    [
      "an observation that is a number",
      [A, B.replace('"three"', '"three",42'), KNOWS].join("\n"),
      "observation",
      { nodeCount: 2, edgeCount: 1 },
    ],
    [
      "observations that are a map",
      [A, B.replace('["three"]', '{"x":1}'), KNOWS].join("\n"),
      "observation",
      { nodeCount: 2, edgeCount: 1 },
    ],
    ["a line of another type", [A, B, '{"type":"note"}'].join("\n"), "other_type", { nodeCount: 2, edgeCount: 0 }],
    ["a line that is too long", [A, B, `["${'a","'.repeat(1_000_000)}"]`, KNOWS].join("\n"), "too_long", { nodeCount: 2, edgeCount: 1 }],
  ])("mcp-memory counts what is sound beside %s", async (_, contents, reason, counts) => {
    write(contents);
    expect(await graph()).toMatchObject({ ...counts, skippedItems: 1 });
    const { skippedLines, skippedByReason = {}, totalMemories } = await memory();
    expect({ skippedLines, ...skippedByReason }).toEqual({
      skippedLines: 1,
      not_json: 0,
      not_a_record: 0,
      observation: 0,
      too_long: 0,
      other_type: 0,
      [reason]: 1,
    });
    // Each observation that is sound is a memory, and so is each relation.
    expect(totalMemories).toBe(
      (contents.match(/"(one|two|three)"/g) ?? []).length - (contents.match(/"name":null,.*"one"/) ? 2 : 0) + counts.edgeCount,
    );
  });

  it.each([
    [
      "text",
      "this is not a memory file",
      /none of its 1 lines is an entity or a relation; first line 1: expected a JSON object, found text that is not JSON$/,
    ],
    [
      "a first line that was cut",
      '{"type":"entity","name":"A","entityType":"p","observations":["x"',
      /none of its 1 lines .* found text that is not JSON$/,
    ],
    [
      "objects of another kind",
      '{"level":"info"}\n{"level":"warn"}\n',
      /none of its 2 lines .*; first line 1: expected "entity" or "relation" as "type", found nothing$/,
    ],
    [
      "objects of another type",
      '{"type":"log"}\n{"type":"log"}\n',
      /none of its 2 lines .*; first line 1: expected an entity or a relation, found another type$/,
    ],
    ["a JSON document of another kind", JSON.stringify({ nodes: [1, 2] }, undefined, 2), /none of its 6 lines /],
    ["nulls", "null\nnull\n", /none of its 2 lines .*; first line 1: expected a JSON object, found null$/],
    [
      "more lines that make no sense than lines that do",
      `${A}\nx\ny\n`,
      /only 1 of its 3 lines are .*; first line 2: .* found text that is not JSON$/,
    ],
  ])("mcp-memory refuses a file of %s", async (_, contents, message) => {
    write(contents);
    const refusal = { code: "reading_invalid", message: expect.stringMatching(message) as string };
    await expect(graph()).rejects.toMatchObject(refusal);
    await expect(memory()).rejects.toMatchObject(refusal);
  });

  it("mcp-memory reads a file with as many lines skipped as read", async () => {
    write(`${A}\nx\n`);
    expect(await graph()).toMatchObject({ nodeCount: 1, skippedItems: 1 });
  });

  it("mcp-memory reports an empty file as an empty graph", async () => {
    write("");
    expect(await graph()).toMatchObject({ nodeCount: 0, edgeCount: 0, skippedItems: 0 });
  });

  it.each([
    ["whose modification time is in the future", -3_600],
    ["that was modified just now", 0],
  ])("mcp-memory reads a file %s", async (_, ageS) => {
    write([A, B, KNOWS].join("\n"), ageS);
    expect(await graph()).toMatchObject(WHOLE);
  });

  it.each([
    ["empty", ""],
    ["cut", `${A}\n{"type":"entity","na`],
  ])("mcp-memory waits where a file that was modified just now is %s", async (_, contents) => {
    write(contents, 0);
    await expect(graph()).rejects.toMatchObject({ code: "source_waiting" });
  });

  it("mcp-memory measures the most frequent of many types by name, and the others together", async () => {
    const entityOf = (name: string, type: string): string => `{"type":"entity","name":"${name}","entityType":"${type}","observations":[]}`;
    const lines = Array.from({ length: 110_000 }, (_, n) => entityOf(`e${n}`, `t${n}`));
    write([...lines, ...Array.from({ length: 9 }, (_, n) => entityOf(`f${n}`, "t77"))].join("\n"));
    const { nodeCount, nodes = {} } = await graph();
    expect(nodeCount).toBe(110_009);
    expect(nodes).toMatchObject({ t77: 10, _OTHER: 110_009 - 10 - 999 });
    expect(Object.keys(nodes)).toHaveLength(1_001);
  });

  it("mcp-memory cuts long types", async () => {
    write(A.replace("person", "p".repeat(500_000)));
    expect(Object.keys((await graph()).nodes ?? {})).toEqual([`${"p".repeat(199)}…`]);
  });

  it("mcp-memory refuses what is not a regular file without opening it", async () => {
    execFileSync("mkfifo", [path]);
    await expect(graph()).rejects.toMatchObject({
      code: "reading_invalid",
      message: `memory file "${path}" is a named pipe; expected a regular file`,
    });
    await expect(readOnce(inThisThread, { path: "/dev/zero" }, graphMetrics)).rejects.toMatchObject({
      code: "reading_invalid",
      message: 'memory file "/dev/zero" is a device; expected a regular file',
    });
  });

  it("mcp-memory refuses a file that has contents and no size, as many of /proc have", needs("linux"), async () => {
    await expect(readOnce(inThisThread, { path: "/proc/self/status" }, graphMetrics)).rejects.toMatchObject({
      code: "reading_invalid",
      message: 'memory file "/proc/self/status" has contents, but no size; expected a regular file',
    });
  });

  it("mcp-memory expands a ~ at the start of a path to the home directory, and no other", async () => {
    const missing = (name: string) => readOnce(mcpMemory, { path: name }, graphMetrics, { baseDir: folder });
    await expect(missing("~/no-such.jsonl")).rejects.toThrow(`memory file "${join(homedir(), "no-such.jsonl")}" is not there yet`);
    await expect(missing("a~/no-such.jsonl")).rejects.toThrow(`memory file "${join(folder, "a~", "no-such.jsonl")}" is not there yet`);
    await expect(missing("~a")).rejects.toThrow(`memory file "${join(folder, "~a")}" is not there yet`);
  });
});
