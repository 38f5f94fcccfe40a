import { describe, expect, it } from "vitest";
import { running, type Running } from "../support/command.ts";
import { startFront } from "../support/otlp-front.ts";
import { startReceiver, type ReceivedSeries } from "../support/otlp-receiver.ts";
import { needs } from "../support/programs.ts";

type Series = ReceivedSeries & { readonly temporality?: string; readonly monotonic?: boolean };
type Point = Series["points"][number] & { readonly count?: number };

type Receiver = Awaited<ReturnType<typeof startReceiver>>;

type Front = Awaited<ReturnType<typeof startFront>>;

/** Queries a receiver after each export until the condition holds. */
async function until(
  receiver: Receiver,
  front: Front,
  name: string,
  holds: (series: readonly Series[]) => boolean,
): Promise<readonly Series[]> {
  for (;;) {
    const next = front.next();
    const found = await receiver.series(name);
    if (holds(found)) return found;
    await next;
  }
}

const hasPoints =
  (count: number, attributes: Readonly<Record<string, string>> = {}) =>
  (series: readonly Series[]): boolean =>
    (find(series, attributes)?.points.length ?? 0) >= count;

function push(endpoint: string, exporter: string): readonly string[] {
  const otlp = `{ otlp_http: { endpoint: "${endpoint}", timeout: 800, ${exporter} } }`;
  const reader = `meter_provider.readers=[{ periodic: { interval: 500, exporter: ${otlp} } }]`;
  return ["--set", reader, "--set", "collector.collections.analytics.interval=200ms"];
}

const find = (series: readonly Series[], attributes: Readonly<Record<string, string>>): Series | undefined =>
  series.find((each) => Object.entries(attributes).every(([name, value]) => each.attributes[name] === value));

const TICKS = { "vitals.collection.name": "analytics", "vitals.outcome": "success" };

describe.each([
  ["json", "gzip", "cumulative"],
  ["json", "none", "delta"],
  ["protobuf", "gzip", "delta"],
  ["protobuf", "none", "cumulative"],
])("a foreign receiver of OTLP in %s with compression %s", (encoding, compression, temporality) => {
  it(
    `a receiver over ${encoding} and ${compression} gets ${temporality} counters with correct start times`,
    needs("otlp-receiver"),
    async () => {
      const startedMs = Date.now();
      await using receiver = await startReceiver();
      await using front = await startFront(receiver.endpoint);
      const options = `encoding: ${encoding}, compression: ${compression}, temporality_preference: ${temporality}`;
      await using collector = await running(push(front.endpoint, options));
      const ticks = find(await until(receiver, front, "vitals.collection.ticks", hasPoints(3, TICKS)), TICKS);
      const durations = find(await until(receiver, front, "vitals.collection.duration", hasPoints(3, TICKS)), TICKS);
      const [memory] = await until(receiver, front, "system.memory.limit", hasPoints(1));
      collector.signal("SIGTERM");
      expect(await collector.ended).toBe(0);

      const contentType = encoding === "json" ? "application/json" : "application/x-protobuf";
      const contentEncoding = compression === "gzip" ? "gzip" : undefined;
      expect(new Set(front.requests.map((request) => JSON.stringify(request)))).toEqual(
        new Set([JSON.stringify({ contentType, contentEncoding })]),
      );

      expect(ticks).toMatchObject({ unit: "{tick}", kind: "sum", monotonic: true, temporality });
      expect(durations).toMatchObject({ unit: "s", kind: "histogram", temporality });
      // The level of an up-down counter is cumulative whatever the preference.
      expect(memory).toMatchObject({ unit: "By", kind: "sum", temporality: "cumulative" });
      expect(memory).not.toHaveProperty("monotonic", true);
      for (const series of [ticks, durations]) {
        const inOrder: readonly Point[] = [...(series?.points ?? [])].sort((a, b) => a.timestamp - b.timestamp);
        expect(inOrder[0]?.startTimestamp).toBeGreaterThanOrEqual(startedMs - 1);
        const starts = inOrder.map(({ startTimestamp }) => startTimestamp);
        // Cumulative: all points have one start time. Delta: each starts at the previous collection, which exported no point if nothing was counted.
        if (temporality === "cumulative") expect(new Set(starts).size).toBe(1);
        else expect(inOrder.slice(1).every(({ startTimestamp }, n) => startTimestamp >= (inOrder[n]?.timestamp ?? Infinity))).toBe(true);
        expect(inOrder.length).toBeGreaterThan(2);
        expect(inOrder.every(({ startTimestamp, timestamp }) => startTimestamp <= timestamp)).toBe(true);
      }
    },
  );
});

describe("OTLP export during an outage of the receiver", () => {
  const exporterOf = async ({ url }: Running): Promise<{ exports: number; failures: number; lastError: string }> => {
    const stats = (await (await fetch(`${url}/api/v1/stats`)).json()) as {
      exporters: [{ exports: number; failures: number; lastError: string }];
    };
    return stats.exporters[0];
  };
  const ticksOf = async ({ url }: Running): Promise<number> => {
    const stats = (await (await fetch(`${url}/api/v1/stats`)).json()) as { ticks: Record<string, Record<string, number>> };
    return stats.ticks["analytics"]?.["success"] ?? 0;
  };

  it("a receiver that was down has every count after it returns, and each failed export is counted", needs("otlp-receiver"), async () => {
    await using receiver = await startReceiver();
    await using front = await startFront(receiver.endpoint);
    await using collector = await running(push(front.endpoint, "encoding: json"));
    await until(receiver, front, "vitals.collection.ticks", hasPoints(1, TICKS));
    await front.close();
    const before = await exporterOf(collector);
    const countBefore = await ticksOf(collector);
    let away = await exporterOf(collector);
    while (away.failures < before.failures + 3 || (await ticksOf(collector)) < countBefore + 2) away = await exporterOf(collector);
    expect(away.lastError).toContain("ECONNREFUSED");
    await front.open();
    while ((await exporterOf(collector)).exports === away.exports);
    const counted = await ticksOf(collector);
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    const series = find(await receiver.series("vitals.collection.ticks"), TICKS);
    const inOrder = [...(series?.points ?? [])].sort((a, b) => a.timestamp - b.timestamp);
    const values = inOrder.map(({ value }) => value ?? Number.NaN);
    expect(values.at(-1)).toBeGreaterThanOrEqual(counted);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(new Set(inOrder.map(({ startTimestamp }) => startTimestamp)).size).toBe(1);
  });
});
