import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { running, type Running } from "../support/command.ts";
import { program } from "../support/debian-programs.ts";

const example = (name: string): string => new URL(`../../examples/clients/${name}`, import.meta.url).pathname;

const TOKEN = "a token for this test";

/** What a program prints until it ends, and how it ends. */
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

  it("in curl: ask for everything once, and follow the stream for two samples", async () => {
    const { code, stdout, stderr } = await outputOf("bash", [example("curl.sh")], env(collector.url));
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines).toContain("ready");
    expect(lines).toContain("health 200");
    const objects = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects).toMatchObject([
      { collections: [{ name: "analytics" }, { name: "memory" }, { name: "graph" }] },
      { collection: "analytics", columns: ["seq", "time", "outcome", "durationMs", "errorType", "memoryUtilization", "uptime"] },
      { collection: "analytics", windows: [{ window: "1m", fields: { memoryUtilization: { count: expect.any(Number) as number } } }] },
      { type: "urn:otel-vitals:problem:bad-query", detail: "last: expected a whole number" },
    ]);
    expect(stdout).toMatch(/^openapi\.json 200, [1-9]\d{4,} bytes\nopenapi\.json 304, 0 bytes$/m);
    expect(lines.filter((line) => line === "event: sample")).toHaveLength(2);
  });

  it("in Node: tell the windows, then samples as they come", async () => {
    const { code, stdout, stderr } = await outputOf(process.execPath, [example("node.ts"), "3"], env(collector.url));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^graph from agent every 2000 ms: \d+ ticks in a minute, success rate (null|0\.\d+|1)$/m);
    expect(stdout).toMatch(/^overall \w+: /m);
    expect(stdout.match(/^\d+ \w+ \w+ in [\d.]+ ms/gm)).toHaveLength(3);
  });

  it.skipIf(!program("chromium"))(
    "in a browser: show each collection and the samples that come, and say when there are none any more",
    async () => {
      const server = spawn(process.execPath, [example("browser.ts")], {
        env: { ...process.env, ...env(collector.url), PORT: "0" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = once(server, "exit");
      const browser = await chromium.launch({
        executablePath: program("chromium") as string,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
      });
      try {
        const [line] = (await once(server.stdout, "data")) as [Buffer];
        const page = await browser.newPage();
        const wrong: string[] = [];
        page.on("console", (message) => {
          if (message.type() === "error") wrong.push(message.text());
        });
        page.on("pageerror", (error) => wrong.push(error.message));
        await page.goto(String(line).trim());
        const row = page.locator("#collection-analytics");
        await row.getByText("success").waitFor();
        expect(await page.locator("#connection").textContent()).toBe("connected");
        expect(await page.locator("#status").textContent()).toMatch(/^(healthy|degraded|unhealthy|critical|unknown)$/);
        const first = (await row.locator("td").nth(1).textContent()) ?? "";
        await row.locator("td").nth(1).filter({ hasNotText: first }).waitFor();
        for (const name of ["analytics", "memory", "graph"]) await page.locator(`#collection-${name}`).getByText("success").waitFor();
        await row.getByText(/^\d+(\.\d+)? %$/).waitFor();
        expect(wrong).toEqual([]);
        collector.signal("SIGTERM");
        await page.getByText("connection lost, reconnecting").waitFor();
      } finally {
        await browser.close();
        server.kill("SIGTERM");
        await ended;
      }
    },
  );
});
