import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isInstalled, needs } from "../support/programs.ts";

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

async function demo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const options = { cwd: ROOT, env: { ...process.env, ...env } };
  const child = spawn("npm", ["run", "--silent", "demo", "--", ...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
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
  new RegExp(`^${component} is (degraded|unhealthy|critical): .*${reason}`),
  new RegExp(`^alert firing: Vitals\\w+ of ${component} \\((warning|error|critical)\\): .*${reason}`),
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
  it(
    "npm run demo switches faults on and off, says which page follows them, and goes on until it is interrupted",
    { timeout: 240_000 },
    async () => {
      const child = spawn(process.execPath, [DEMO, "--bare", "--turn", "2s"], { stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(child, "exit");
      const lines: string[] = [];
      let during: Promise<string> | undefined;
      createInterface(child.stdout).on("line", (line) => {
        lines.push(line.replace(/^ *[\d.]+ s {2}/, ""));
        const page = /the page shows the fault: (\S+)/.exec(line)?.[1];
        if (page !== undefined)
          during ??= fetch(`${page}health`).then(async (answer) => ((await answer.json()) as { status: string }).status);
        // The second fault is injected after the end of the first.
        if (line.includes("next fault: analytics")) child.kill("SIGINT");
      });
      try {
        expect((await ended)[0], lines.join("\n")).toBe(0);
        const story = [
          /^Open this page in a browser and watch it follow: http:\S+\/$/,
          /^Ctrl-C ends the demo/,
          /^next fault: memory \(injected after 2 s\)$/,
          /^all components are healthy$/,
          /^fault: /,
          /^collection:memory is (degraded|unhealthy|critical): /,
          /^the page shows the fault: .* \(repaired after 2 s\)$/,
          /^repaired: /,
          /^recovered after /,
          /^next fault: analytics /,
          /^all processes have stopped$/,
        ];
        expect(missing(story, lines), lines.join("\n")).toEqual([]);
        expect(["warn", "fail"]).toContain(await during);
      } finally {
        child.kill("SIGKILL");
      }
    },
  );

  it("npm run demo -- --steady runs until it is interrupted, and stops everything that it started", { timeout: DEMO_MS }, async () => {
    const child = spawn(process.execPath, [DEMO, "--bare", "--steady"], { stdio: ["ignore", "pipe", "inherit"] });
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

  it("npm run demo rejects a length of a turn that is none", async () => {
    expect(await demo(["--turn", "soon"])).toEqual({ code: 1, lines: ['--turn: expected a duration such as "20s", found "soon"'] });
  });

  it("npm run demo rejects an unknown fault and lists the known ones", async () => {
    const { code, lines } = await demo(["--break", "everything"]);
    expect([code, lines]).toEqual([1, ['--break: expected memory, analytics, graph or otlp, found "everything"']]);
  });
});

describe("the demo with a store", () => {
  /** Lines that have to be printed in this order, with others in between. */
  const STORY: readonly RegExp[] = [
    /^FalkorDB +redis:/,
    /^all components are healthy: \d+ episodes, \d+ facts$/,
    /^fault: the extraction has stopped/,
    /^collection:facts is unhealthy: extractionLag .* \(unhealthy above 15 s\)/,
    /^alert firing: FactsMissing of collection:facts \(error\): extractionLag /,
    /^detected after /,
    /^repaired: facts are extracted again$/,
    /^alert resolved: FactsMissing of collection:facts /,
    /^recovered after /,
    /^all processes have stopped$/,
  ];

  it(
    "npm run demo -- --store falkordb shows a broken ingestion, its alert and its repair, and stops everything that it started",
    { timeout: 180_000, ...needs("falkordb") },
    async () => {
      const child = spawn(process.execPath, [DEMO, "--store", "falkordb"], { stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(child, "exit");
      const lines: string[] = [];
      createInterface(child.stdout).on("line", (line) => {
        lines.push(line.replace(/^ *[\d.]+ s {2}/, ""));
        if (line.includes("recovered after")) child.kill("SIGINT");
      });
      try {
        expect((await ended)[0], lines.join("\n")).toBe(0);
        expect(missing(STORY, lines), lines.join("\n")).toEqual([]);
        // While facts are missing, episodes still arrive.
        const [episodes, facts] =
          /: (\d+) episodes, (\d+) facts$/
            .exec(lines.find((line) => line.startsWith("detected")) ?? "")
            ?.slice(1)
            .map(Number) ?? [];
        expect((episodes ?? 0) - (facts ?? 0)).toBeGreaterThanOrEqual(10);
        expect(await isRefused(valueOf(lines, "live page"))).toBe(true);
        await expect(reach(valueOf(lines, "FalkorDB"))).rejects.toThrow("ECONNREFUSED");
      } finally {
        child.kill("SIGKILL");
      }
    },
  );

  it("npm run demo -- --store falkordb without FalkorDB says how to get it", async () => {
    const { code, lines } = await demo(["--store", "falkordb"], { XDG_CACHE_HOME: "/nonexistent" });
    expect([code, lines]).toEqual([1, [expect.stringMatching(/^FalkorDB is not there; run: npm run setup/) as string]]);
  });

  it.each([
    [["--store", "redis"], '--store: expected falkordb, found "redis"'],
    [["--store", "falkordb", "--break", "memory"], "--store breaks the ingestion itself; leave out --break"],
  ])("npm run demo rejects %j", async (args, message) => {
    expect(await demo(args)).toEqual({ code: 1, lines: [message] });
  });
});

/** Connects to the server in a line such as `redis://127.0.0.1:6379, graph team`. */
async function reach(line: string): Promise<void> {
  const { hostname, port } = new URL(line.split(",")[0] ?? "");
  await once(connect(Number(port), hostname), "connect");
}
