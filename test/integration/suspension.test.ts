import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Alert, Outcome, Sample } from "../../src/index.ts";
import type { StatsAnswer } from "../../src/answer/stats.ts";
import { running, type Running } from "../support/command.ts";
import { follow, type Received } from "../support/events.ts";
import type { Fault } from "../support/faulty-source.ts";
import { serveHttp } from "../support/http-server.ts";

const KIND = new URL("../support/faulty-source.ts", import.meta.url).pathname;
const COLLECTIONS = ["machine", "memory", "service", "queue"] as const;

/**
 * Four collections of four source kinds, an exporter and a sink. One missed tick or one failed export alerts at once, but a machine that
 * is busy with other tests does not.
 */
const configOf = (url: string): string => `file_format: "1.0"
meter_provider: { readers: [{ periodic: { interval: 500, timeout: 400, exporter: { otlp_http: { endpoint: "${url}/v1/metrics", timeout: 300 } } } }] }
collector:
  sources:
    machine: { kind: host }
    memory: { kind: mcp-memory, path: memory.jsonl }
    service: { kind: http-json, url: "${url}/stats", readings: { graph-service: { activeNodes: nodes } } }
    queue: { kind: "${KIND}", file: queue.json }
  collections:
    machine: { source: machine, type: system, interval: 1s, timeout: 5s, slow: 5s }
    memory: { source: memory, type: agent-memory, interval: 1s, timeout: 5s, slow: 5s }
    service: { source: service, interval: 1s, timeout: 5s, slow: 5s }
    queue: { source: queue, interval: 1s, timeout: 5s, slow: 5s }
  health: { interval: 1s, startup_grace: 0s, for: 0s, process: { event_loop_delay: 1s, missed_ticks: 0.01 } }
  alerts: { webhook: { url: "${url}/alerts" } }
`;

interface Scene extends AsyncDisposable {
  readonly collector: Running;
  /** Alerts that were sent to the webhook. */
  readonly sent: readonly string[];
  readonly samples: (collection: string) => readonly Sample[];
  readonly received: readonly Received[];
  /** Resolves when each collection has delivered `count` more samples of an outcome. Default: success. */
  readonly ticks: (count: number, outcome?: Outcome) => Promise<void>;
  readonly behave: (fault: Fault) => Promise<void>;
  readonly get: <T>(path: string) => Promise<T>;
}

/** The command with four collections at one second, after three samples of each. */
async function scene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "vitals-"));
  const behave = async (fault: Fault): Promise<void> => {
    // Renamed into place, because the source may read at any time.
    await writeFile(join(folder, "queue.new"), JSON.stringify(fault));
    await rename(join(folder, "queue.new"), join(folder, "queue.json"));
  };
  await behave({ mode: "good" });
  await writeFile(join(folder, "memory.jsonl"), '{"type":"entity","name":"Ada","entityType":"person","observations":["writes"]}\n');
  const sent: string[] = [];
  const server = await serveHttp((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += String(chunk)));
    request.on("end", () => {
      if (request.url === "/alerts") sent.push(body);
      response.setHeader("content-type", "application/json").end('{"nodes":3}');
    });
  });
  await writeFile(join(folder, "otel-config.yaml"), configOf(server.url));
  const collector = await running(["--config", join(folder, "otel-config.yaml")]);
  const stream = follow(`${collector.url}/api/v1/events?types=alert,transition,sample`);
  const samples = (collection: string): readonly Sample[] =>
    stream.received
      .filter(({ type }) => type === "sample")
      .map(({ data }) => data as Sample)
      .filter((each) => each.collection === collection);
  const ticks = async (count: number, outcome: Outcome = "success"): Promise<void> => {
    const taken = (name: string): number => samples(name).filter((each) => each.outcome === outcome).length;
    const before = new Map(COLLECTIONS.map((name) => [name, taken(name)]));
    await stream.first(() => COLLECTIONS.every((name) => taken(name) >= (before.get(name) as number) + count));
  };
  await stream.until("snapshot");
  await ticks(3);
  return {
    collector,
    sent,
    samples,
    received: stream.received,
    ticks,
    behave,
    get: async <T>(path: string) => (await (await fetch(`${collector.url}${path}`)).json()) as T,
    async [Symbol.asyncDispose]() {
      stream[Symbol.dispose]();
      await collector[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Stops the process for a while, as `kill -STOP` or the freezer of a container does. Real time, because that is what it is about. */
async function suspend(collector: Running, ms: number): Promise<void> {
  collector.signal("SIGSTOP");
  await pause(ms);
  collector.signal("SIGCONT");
}

/** Whatever the collector found wrong so far. */
async function findings({ collector, get, received, sent, samples }: Scene) {
  const { alerts } = await get<{ readonly alerts: readonly Alert[] }>("/api/v1/alerts?state=all");
  const { ticks } = await get<StatsAnswer>("/api/v1/stats");
  const outcomes = Object.entries(ticks).flatMap(([name, counts]) =>
    Object.entries(counts)
      .filter(([outcome, count]) => outcome !== "success" && count > 0)
      .map(([outcome, count]) => `${name}: ${count} ${outcome}`),
  );
  return {
    alerts: alerts.map(({ reason }) => reason),
    outcomes,
    sent,
    transitions: received.filter(({ type }) => type === "transition").map(({ data }) => data),
    errors: COLLECTIONS.flatMap((name) => samples(name).flatMap(({ error }) => error?.message ?? [])),
    warnings: collector.log.filter(({ level }) => level === "warn" || level === "error"),
    status: (await get<{ readonly status: string }>("/api/v1/health")).status,
  };
}

const delays = (samples: readonly Sample[]): readonly number[] =>
  samples.flatMap(({ values }) => (values?.["eventLoopDelayP99"] as number | undefined) ?? []);

describe("a suspended process", () => {
  it(
    "a process that was stopped for 10 s misses no tick, reports no event-loop delay and alerts nobody",
    { timeout: 120_000 },
    async () => {
      await using it = await scene();
      const before = await findings(it);
      await suspend(it.collector, 10_000);
      await it.ticks(1);
      expect((await it.get<StatsAnswer>("/api/v1/stats")).process.eventLoopDelayP99Ms ?? 0).toBeLessThan(1_000);
      await it.ticks(5);
      expect(await findings(it)).toEqual(before);
      expect(Math.max(...delays(it.samples("machine")))).toBeLessThan(1);
      for (const name of COLLECTIONS) {
        const times = it.samples(name).map(({ time }) => Date.parse(time));
        const gaps = times.slice(1).map((time, n) => time - (times[n] as number));
        expect(gaps.filter((gap) => gap > 5_000)).toHaveLength(1);
        // The grid goes on: each tick one interval after the previous one.
        for (const gap of gaps.filter((each) => each <= 5_000)) expect(Math.abs(gap - 1_000), name).toBeLessThan(300);
      }
      const { message } = await it.collector.logged((entry) => String(entry["message"]).startsWith("the process was suspended"));
      expect(message).toMatch(/^the process was suspended for (9(\.\d)? ?|10)s$/);
    },
  );

  it("a process that is stopped again and again misses no tick", { timeout: 120_000 }, async () => {
    await using it = await scene();
    const before = await findings(it);
    for (let n = 0; n < 4; n += 1) {
      await suspend(it.collector, 3_000);
      await it.ticks(n % 2);
    }
    await it.ticks(3);
    expect(await findings(it)).toEqual(before);
  });

  it.each(["blocks", "waits"] as const)(
    "an event loop that %s for 3 s is no suspension: its ticks are missed and its delay is reported",
    { timeout: 120_000 },
    async (mode) => {
      await using it = await scene();
      await it.behave({ mode, ms: 3_000 });
      await it.ticks(1, "missed");
      await it.behave({ mode: "good" });
      await it.ticks(2);
      const { outcomes, alerts, status } = await findings(it);
      for (const name of ["machine", "memory", "service"]) expect(outcomes.join()).toMatch(new RegExp(`${name}: \\d+ missed`));
      expect(alerts.join("\n")).toMatch(/event-loop delay p99/);
      expect(status).not.toBe("healthy");
      expect(Math.max(...delays(it.samples("machine")))).toBeGreaterThan(2.5);
      expect(it.collector.log.filter(({ message }) => String(message).startsWith("the process was suspended"))).toEqual([]);
    },
  );
});
