import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { running, type Running } from "../../support/command.ts";

const example = (name: string): string => new URL(`../../../examples/clients/${name}`, import.meta.url).pathname;

const TOKEN = "a token for this test";

/** A program's output and exit code. */
async function outputOf(file: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => (stderr += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

describe.each([
  ["without a token", undefined],
  ["with one", TOKEN],
])("the examples of clients, %s", (_, token) => {
  const args = token === undefined ? [] : ["--set", `collector.server.token=${token}`];
  let collector: Running;
  beforeAll(async () => void (collector = await running(args)));
  afterAll(async () => collector[Symbol.asyncDispose]());
  const env = (url: string): Record<string, string> => ({ VITALS_URL: url, ...(token === undefined ? {} : { VITALS_TOKEN: token }) });

  it("the curl example requests every operation, and follows the stream for two samples", async () => {
    const { code, stdout, stderr } = await outputOf("bash", [example("curl.sh")], env(collector.url));
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines).toContain("ready");
    expect(lines).toContain("health 200");
    const objects = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects).toMatchObject([
      { collections: [{ name: "analytics" }, { name: "memory" }, { name: "graph" }] },
      { collection: "analytics", columns: ["time", "outcome", "durationMs", "errorType", "memoryUtilization", "uptime"] },
      { collection: "analytics", windows: [{ window: "1m", fields: { memoryUtilization: { count: expect.any(Number) as number } } }] },
      { type: "urn:otel-vitals:problem:bad-query", detail: 'last: expected a whole number from 1 to 100000, found "none"' },
    ]);
    expect(stdout).toMatch(/^openapi\.json 200, [1-9]\d{4,} bytes\nopenapi\.json 304, 0 bytes$/m);
    expect(lines.filter((line) => line === "event: sample")).toHaveLength(2);
  });

  it("the Node example prints windows, then samples as they arrive", async () => {
    const { code, stdout, stderr } = await outputOf(process.execPath, [example("node.ts"), "3"], env(collector.url));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^graph from agent every 2000 ms: \d+ ticks in a minute, success rate (null|0\.\d+|1)$/m);
    expect(stdout).toMatch(/^overall \w+: /m);
    expect(stdout.match(/^\d{4}-\d\d-\d\dT\S+Z \w+ \w+ in [\d.]+ ms/gm)).toHaveLength(3);
  });
});
