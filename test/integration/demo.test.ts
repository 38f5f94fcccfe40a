import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isInstalled } from "../support/programs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEMO = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));

/** Each demo has a minute to recover, and runs at the same time as three others. */
const DEMO_MS = 150_000;

const hasNeighbours = isInstalled("prometheus") && isInstalled("prometheus-alertmanager");

interface Ended {
  readonly code: number | null;
  /** Its output without the times. */
  readonly lines: readonly string[];
}

async function demo(args: readonly string[]): Promise<Ended> {
  const child = spawn("npm", ["run", "--silent", "demo", "--", ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on("line", (line) => lines.push(line.replace(/^ *[\d.]+ s {2}/, "")));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, lines };
}

const valueOf = (lines: readonly string[], name: string): string =>
  lines
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length)
    .trim() ?? "";

const isRefused = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => false,
    (error: unknown) => (error as { cause: { code: string } }).cause.code === "ECONNREFUSED",
  );

/** Lines that have to be printed in this order, with others in between. */
const expectedLines = (component: string, reason: string): readonly RegExp[] => [
  /^all components are healthy$/,
  /^fault: /,
  new RegExp(`^${component} is (degraded|critical): .*${reason}`),
  new RegExp(`^alert firing: Vitals\\w+ of ${component} \\((warning|critical)\\): .*${reason}`),
  /^detected after /,
  ...(hasNeighbours ? [/^Alertmanager received Vitals\w+ of /, new RegExp(`^Prometheus scraped ${component} as `)] : []),
  /^repaired: /,
  new RegExp(`^${component} is healthy: `),
  /^recovered after /,
  /^all processes have stopped$/,
];

/** Expected lines that were not printed after the previous one. */
function missing(expected: readonly RegExp[], lines: readonly string[]): readonly RegExp[] {
  let at = 0;
  return expected.filter((pattern) => {
    const found = lines.findIndex((line, n) => n >= at && pattern.test(line));
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

describe.concurrent("the demo with a fault", () => {
  it.each([
    ["memory", "collection:memory", "first line 1: expected a JSON object"],
    ["analytics", "collection:analytics", 'last error: source "machine" did not respond within 1s'],
    ["graph", "collection:graph", "expected at most 64 KiB \\(max_bytes\\)"],
    ["otlp", "exporter:otlp", "ECONNREFUSED"],
  ])(
    "npm run demo -- --break %s shows the degraded status, its alert with the reason, and the recovery, and leaves nothing behind",
    { timeout: DEMO_MS },
    async (fault, component, reason) => {
      const { code, lines } = await demo(["--break", fault]);
      expect([missing(expectedLines(component, reason), lines), code], lines.join("\n")).toEqual([[], 0]);
      expect(existsSync(valueOf(lines, "memory"))).toBe(false);
      const addresses = ["live page", "OTLP receiver", ...(hasNeighbours ? ["Prometheus", "Alertmanager"] : [])];
      for (const name of addresses) expect([name, await isRefused(valueOf(lines, name))]).toEqual([name, true]);
    },
  );
});

describe("the demo without a fault", () => {
  it("npm run demo runs until it is interrupted, and stops everything that it started", { timeout: DEMO_MS }, async () => {
    const child = spawn(process.execPath, [DEMO, "--bare"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const page = Promise.withResolvers<string>();
    createInterface(child.stdout).on("line", (line) => {
      const address = /live page +(\S+)$/.exec(line)?.[1];
      if (address !== undefined) page.resolve(address);
    });
    try {
      const url = await page.promise;
      expect((await fetch(url)).status).toBe(200);
      const nodes = async (): Promise<number> => {
        const answer = await fetch(`${url}api/v1/collections/graph/samples?last=1&fields=nodeCount`);
        const { rows } = (await answer.json()) as { rows: readonly (readonly (number | string | null)[])[] };
        return Number(rows[0]?.at(-1) ?? 0);
      };
      // The workload makes the graph grow: the memory server wrote, and the collector read it.
      while ((await nodes()) < 3);
      child.kill("SIGINT");
      expect((await ended)[0]).toBe(0);
      expect(await isRefused(url)).toBe(true);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("npm run demo rejects an unknown fault and lists the known ones", async () => {
    const { code, lines } = await demo(["--break", "everything"]);
    expect([code, lines]).toEqual([1, ['--break: expected memory, analytics, graph or otlp, found "everything"']]);
  });
});
