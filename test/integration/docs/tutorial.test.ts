import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, it } from "vitest";
import { command, running } from "../../support/command.ts";
import { commandsOf, docBlocks } from "../../support/doc-blocks.ts";
import { ROOT } from "../../support/yaml-file.ts";

const PAGE = "docs/tutorial.md";
const folder = mkdtempSync(join(tmpdir(), "vitals-tutorial-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The receiver's port is chosen by the system, and printed where the tutorial's says that it waits. */
async function startReceiver(source: string) {
  const chosen = source.replace("9465", "0").replace('"waiting for alerts"', "server.address().port");
  const printing = chosen.replace("createServer(", "const server = createServer(");
  writeFileSync(join(folder, "receiver.mjs"), printing);
  const child = spawn(process.execPath, ["receiver.mjs"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  const kill = async (): Promise<void> => {
    child.kill();
    await once(child, "exit");
  };
  return { port, lines, [Symbol.asyncDispose]: kill };
}

/** What differs between two runs of the same outage: how often the source was tried before. */
const comparable = (line: string): string => line.replace(/after \d+ consecutive failures/, "after N consecutive failures");

it("each step of the tutorial prints what the tutorial says", { timeout: 240_000 }, async () => {
  const blocks = docBlocks(PAGE);
  const only = (language: string): string => {
    const found = blocks.filter((block) => block.language === language);
    expect(found).toHaveLength(1);
    return found[0]?.text ?? "";
  };
  writeFileSync(join(folder, "memory.jsonl"), only("json"));
  await using receiver = await startReceiver(only("js"));
  const configuration = only("yaml");
  expect(configuration).toContain("http://127.0.0.1:9465/");
  writeFileSync(join(folder, "otel-config.yaml"), configuration.replace("9465", String(receiver.port)));

  expect(await command(["validate"], { cwd: folder })).toMatchObject({ code: 0 });
  const taken = await command(["once", "--format", "json"], { cwd: folder });
  expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('"nodeCount": 3')]);

  await using collector = await running([], { cwd: folder });
  await collector.logged(({ message }) => message === "started");
  const stream = await fetch(`${collector.url}/api/v1/events?types=sample&collections=graph`);
  for await (const chunk of stream.body ?? []) if (Buffer.from(chunk).toString().includes("nodeCount")) break;

  // From the start on: what has to be printed, and the commands before it.
  const steps = blocks.slice(blocks.findIndex(({ text }) => text === "npx otel-vitals\n") + 1);
  const printed = steps.filter(({ language }) => language === "");
  expect(printed).toHaveLength(4);
  for (const { language, text, ...block } of steps) {
    if (language === "sh") execFileSync("sh", ["-ec", commandsOf({ ...block, language, text }).join("\n")], { cwd: folder });
    else expect(comparable(String((await receiver.lines.next()).value))).toBe(comparable(text.trimEnd()));
  }
  expect(readFileSync(join(folder, "memory.jsonl"), "utf8")).toBe(only("json"));
  expect(readFileSync(join(ROOT, PAGE), "utf8")).toContain("npx otel-vitals\n");
});
