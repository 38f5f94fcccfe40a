import { describe, expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { systemMetrics } from "../../src/sample/types/system.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { Machine, NET_HEADINGS } from "../source/host/machine.ts";

type Interfaces = Readonly<Record<string, number>>;

/** Virtual interfaces with a billion bytes and more each, and the machine's own with five million. */
const interfaces = (prefix: string, numbers: readonly [from: number, to: number], bytes: number, eth0: number): Interfaces => ({
  ...Object.fromEntries(
    Array.from({ length: numbers[1] - numbers[0] }, (_, n) => [
      `${prefix}${String(numbers[0] + n).padStart(3, "0")}`,
      bytes + numbers[0] + n,
    ]),
  ),
  eth0,
});

const listOf = (all: Interfaces): string =>
  NET_HEADINGS +
  Object.entries(all)
    .map(([name, bytes]) => `${name}: ${bytes} 0 0 0 0 0 0 0 ${bytes} 0 0 0 0 0 0 0\n`)
    .join("");

const FEW_IDLE_ENDED = interfaces("veth", [20, 60], 1e9, 5_001_000);
const ALL_REPLACED = interfaces("vethn", [0, 60], 2e9, 5_003_000);

/** A machine with a collector and a scraper, each reading once a second. */
async function setUp() {
  const machine = Machine.typical();
  machine.write("proc/net/dev", listOf(interfaces("veth", [0, 60], 1e9, 5_000_000)));
  const clock = new ManualClock();
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
  const collector = createCollector(
    { sources: { h: { kind: "host", proc: machine.proc, sys: machine.sys } }, collections: { h: { source: "h", interval: "1s" } } },
    { clock, telemetry },
  );
  const scrapes: ReadonlyMap<string, number>[] = [];
  const RECEIVED = /^system_network_io_bytes_total\{.*network_interface_name="([^"]+)".*network_io_direction="receive".*\} (\S+)$/gm;
  const run = async (seconds: number, all?: Interfaces): Promise<ReadonlyMap<string, number>> => {
    if (all) machine.write("proc/net/dev", listOf(all));
    for (let n = 0; n < seconds; n += 1) {
      await clock.advance(1_000);
      const { text } = (await telemetry.scrape?.()) ?? { text: "" };
      scrapes.push(new Map([...text.matchAll(RECEIVED)].map(([, name = "", value]) => [name, Number(value)])));
    }
    return scrapes.at(-1) ?? new Map<string, number>();
  };
  await collector.start();
  const end = async (): Promise<void> => {
    await collector.shutdown();
    await telemetry[Symbol.asyncDispose]();
    machine[Symbol.dispose]();
  };
  return { collector, scrapes, run, end };
}

/** What Prometheus counts over all scrapes: a value below the one before is a restart at zero. */
function increases(scrapes: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  const sums = new Map<string, number>();
  for (const scrape of scrapes) {
    for (const [name, value] of scrape) {
      const before = last.get(name) ?? value;
      sums.set(name, (sums.get(name) ?? 0) + (value >= before ? value - before : value));
      last.set(name, value);
    }
  }
  return sums;
}

describe("Network interfaces over the limit of the axis", () => {
  it("Interfaces over the limit: idle ones that end and return add no traffic to _OTHER, for a scraper or in a window", async () => {
    const { collector, run, scrapes, end } = await setUp();
    await run(5);
    await run(5, FEW_IDLE_ENDED);
    await run(5, interfaces("veth", [0, 60], 1e9, 5_002_000));
    await run(5, interfaces("veth", [0, 60], 1e9, 5_003_000));
    const counted = increases(scrapes);
    expect(counted.get("_OTHER")).toBe(3_000);
    expect([...counted.values()].reduce((sum, value) => sum + value)).toBe(3_000);
    const falls = scrapes.slice(1).filter((scrape, n) => (scrape.get("_OTHER") ?? 0) < (scrapes[n]?.get("_OTHER") ?? 0));
    expect(falls).toEqual([]);
    const { fields } = collector.collection("h", systemMetrics).aggregate("1m");
    expect(fields.networkIo?.["_OTHER"]?.receive?.increase).toBe(3_000);
    await end();
  });

  it("Interfaces over the limit: after all virtual ones were replaced, the machine's own interface has a series of its own", async () => {
    const { run, scrapes, end } = await setUp();
    await run(5);
    await run(5, FEW_IDLE_ENDED);
    const after = await run(5, ALL_REPLACED);
    expect(after.get("eth0")).toBe(5_003_000);
    expect((await run(3, { ...ALL_REPLACED, eth0: 5_004_500 })).get("eth0")).toBe(5_004_500);
    const counted = increases(scrapes);
    expect(counted.get("eth0")).toBe(1_500);
    // From 5 000 000 to 5 003 000 it was one of the others.
    expect(counted.get("_OTHER")).toBe(3_000);
    await end();
  });
});
