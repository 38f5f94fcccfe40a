import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { internalsOf } from "../../src/telemetry/telemetry.ts";
import { SampleInstruments } from "../../src/telemetry/instruments.ts";
import { StoreMeter } from "../../src/telemetry/store-meter.ts";
import { CollectionMetrics } from "../../src/telemetry/collection-metrics.ts";
import { counter, duration, gauge, oneOf, total, upDownCounter, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import type { SampleRecord } from "../../src/sample/sample.ts";
import { serveHttp } from "../support/http-server.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { everyField } from "../support/cadence.ts";
import { resolved } from "../support/points.ts";

const queue = defineSampleType("queue", {
  all: total("depth", "{job}"),
  depth: upDownCounter("queue.depth", "{job}", { by: [upTo(10, "queue.name")] }),
  done: counter("queue.done", "By", { by: [oneOf("direction", "in", "out")] }),
  load: gauge("queue.load", "1"),
  wait: duration("queue.wait"),
});

const pull = { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] };

function record(collection: string, values?: object, outcome: "success" | "failed" = "success"): SampleRecord {
  const sample = {
    time: "2026-01-01T00:00:00.000Z",
    collection,
    outcome,
    durationMs: 12,
    ...(values ? { values } : { error: { type: "500", message: "no" } }),
  };
  return { sample: sample, atMs: 0, dueMs: -1, latenessMs: 1 };
}

function set(config: Parameters<typeof createTelemetry>[0] = pull) {
  const clock = new ManualClock();
  const telemetry = createTelemetry(config, { resource: { "service.name": "test" }, clock });
  const meter = new StoreMeter(internalsOf(telemetry).metrics);
  const instruments = new SampleInstruments(meter, clock);
  instruments.observe();
  instruments.register({ name: "jobs", type: queue, cadence: everyField(queue, 1_000) });
  const text = async (): Promise<readonly string[]> =>
    ((await telemetry.scrape?.())?.text ?? "").split("\n").filter((line) => /^(queue|vitals)_/.test(line));
  return { clock, telemetry, meter, instruments, text };
}

const VALUES = { all: 5, depth: { a: 2, b: 3 }, done: { in: 100, out: 50 }, load: 0.5, wait: 0.02 };

describe("SampleInstruments", () => {
  it("SampleInstruments exports values under names with units, with the name of their collection", async () => {
    const { instruments, text } = set();
    instruments.record("jobs", resolved(instruments, queue, VALUES, "jobs"));
    expect((await text()).filter((line) => !line.includes("bucket"))).toEqual([
      'queue_depth{vitals_collection_name="jobs",queue_name="a"} 2',
      'queue_depth{vitals_collection_name="jobs",queue_name="b"} 3',
      'queue_done_bytes_total{vitals_collection_name="jobs",direction="in"} 100',
      'queue_done_bytes_total{vitals_collection_name="jobs",direction="out"} 50',
      'queue_load_ratio{vitals_collection_name="jobs"} 0.5',
      'queue_wait_seconds_count{vitals_collection_name="jobs"} 1',
      'queue_wait_seconds_sum{vitals_collection_name="jobs"} 0.02',
    ]);
  });

  it("SampleInstruments shares instruments between two collections of one type", async () => {
    const { instruments, text } = set();
    instruments.register({ name: "mail", type: queue, cadence: everyField(queue, 1_000) });
    instruments.record("jobs", resolved(instruments, queue, { load: 0.5 }, "jobs"));
    instruments.record("mail", resolved(instruments, queue, { load: 0.25 }, "mail"));
    expect(await text()).toEqual([
      'queue_load_ratio{vitals_collection_name="jobs"} 0.5',
      'queue_load_ratio{vitals_collection_name="mail"} 0.25',
    ]);
  });

  it("SampleInstruments rejects one instrument name with two units", () => {
    const { instruments } = set();
    const other = defineSampleType("other", { depth: gauge("queue.depth", "By") });
    expect(() => instruments.register({ name: "x", type: other, cadence: everyField(other, 1_000) })).toThrow(
      /instrument queue\.depth as a gauge in By; another collection uses it as an up-down counter in \{job\}; rename one/,
    );
  });
});

describe("CollectionMetrics", () => {
  it("CollectionMetrics counts ticks by outcome and error and violations by check, and exports each state of a breaker", async () => {
    const { meter, text } = set();
    const state = {
      name: "jobs",
      source: "s",
      intervalMs: 2_500,
      slowMs: 800,
      up: false,
      waiting: false,
      lastSuccessTime: undefined,
      coverage: 0.5,
      samples: 2,
      bufferBytes: 80,
      overLimit: 3,
      notRetained: 4,
    };
    const collections = new CollectionMetrics(
      meter,
      { wallMs: () => 1_700_000_000_500 },
      () => [state],
      () => [{ source: "s", state: "open", states: ["closed", "open"] }],
    );
    collections.observe();
    collections.record({ ...record("jobs", { load: 1 }), missing: { share: 0.5, text: "2 of 4 values skipped", count: 2 } });
    collections.record({ ...record("jobs", undefined, "failed"), brokenCheck: "schema" });
    const lines = await text();
    for (const line of [
      'vitals_collection_ticks_total{vitals_collection_name="jobs",vitals_outcome="success"} 1',
      'vitals_collection_ticks_total{vitals_collection_name="jobs",vitals_outcome="failed",error_type="500"} 1',
      'vitals_reading_skipped_total{vitals_collection_name="jobs"} 2',
      'vitals_validation_violations_total{vitals_collection_name="jobs",vitals_check_name="schema"} 1',
      "vitals_clock_time_seconds 1700000000.5",
      'vitals_collection_interval_seconds{vitals_collection_name="jobs",vitals_source_name="s"} 2.5',
      'vitals_collection_slow_threshold_seconds{vitals_collection_name="jobs"} 0.8',
      'vitals_collection_up{vitals_collection_name="jobs"} 0',
      'vitals_collection_coverage_ratio{vitals_collection_name="jobs"} 0.5',
      'vitals_buffer_size_bytes{vitals_collection_name="jobs"} 80',
      'vitals_series_refused_total{vitals_collection_name="jobs"} 3',
      'vitals_buffer_refused_total{vitals_collection_name="jobs"} 4',
      'vitals_breaker_status{vitals_source_name="s",vitals_breaker_state="closed"} 0',
      'vitals_breaker_status{vitals_source_name="s",vitals_breaker_state="open"} 1',
      'vitals_collection_duration_seconds_count{vitals_collection_name="jobs",vitals_outcome="success"} 1',
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.some((line) => line.startsWith("vitals_collection_last_success"))).toBe(false);
  });
});

describe("a scrape", () => {
  it("a scrape returns the remaining metrics when a callback fails, and counts the failures", async () => {
    const { telemetry, meter, instruments } = set();
    instruments.record("jobs", resolved(instruments, queue, { load: 1 }, "jobs"));
    meter.createObservableGauge("broken").addCallback(() => {
      throw new Error("no");
    });
    const scrape = await telemetry.scrape?.();
    expect(scrape?.errors).toBe(1);
    expect(scrape?.text).toContain("queue_load_ratio");
  });

  it("two scrapes at the same time both return current values", async () => {
    const { telemetry, instruments } = set();
    instruments.record("jobs", resolved(instruments, queue, { load: 1 }, "jobs"));
    const both = await Promise.all([telemetry.scrape?.(), telemetry.scrape?.()]);
    for (const scrape of both) expect(scrape?.text).toContain('queue_load_ratio{vitals_collection_name="jobs"} 1');
  });

  it("createTelemetry offers no scrape without a pull reader", () => {
    expect(createTelemetry({ readers: [] }, { resource: {} }).scrape).toBeUndefined();
  });
});

describe("a periodic reader", () => {
  const periodic = (endpoint: string) => ({
    readers: [
      {
        periodic: {
          interval: 60_000,
          exporter: { otlp_http: { endpoint, encoding: "json" as const, timeout: 500, headers: [{ name: "x-team", value: "graph" }] } },
        },
      },
    ],
  });

  it("a periodic reader exports fresh series and no stale ones", async () => {
    const bodies: string[] = [];
    await using backend = await serveHttp((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += String(chunk)));
      request.on("end", () => {
        bodies.push(`${String(request.headers["x-team"])} ${request.headers["content-type"]} ${body}`);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
    const clock = new ManualClock();
    const telemetry = createTelemetry(periodic(backend.url), { resource: {}, clock });
    const instruments = new SampleInstruments(new StoreMeter(internalsOf(telemetry).metrics), clock);
    instruments.observe();
    instruments.register({ name: "jobs", type: queue, cadence: everyField(queue, 1_000) });
    instruments.record("jobs", resolved(instruments, queue, VALUES, "jobs"));
    await telemetry.forceFlush(5_000);
    clock.block(3_000);
    await telemetry.forceFlush(5_000);
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toMatch(/^graph application\/json /);
    expect(bodies[0]).toContain("queue.depth");
    expect(bodies[1]).not.toContain("queue.");
    expect(telemetry.exporters()).toMatchObject([{ name: "otlp", exports: 2, failures: 0, lastError: null }]);
    await telemetry.shutdown(1_000);
  });

  it("a periodic reader counts failed exports", async () => {
    await using backend = await serveHttp((request, response) => request.resume().on("end", () => response.writeHead(400).end()));
    const telemetry = createTelemetry(periodic(backend.url), { resource: {} });
    telemetry.meterProvider.getMeter("x").createCounter("c").add(1);
    await telemetry.forceFlush(5_000);
    expect(telemetry.exporters()).toMatchObject([
      { exports: 0, failures: 1, consecutiveFailures: 1, lastSuccess: null, lastError: expect.any(String) as string },
    ]);
    await telemetry.shutdown(1_000);
  });

  it("shutdown ends at its deadline while a backend hangs", async () => {
    const hanging = createServer(() => {});
    await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
    const address = hanging.address() as { port: number };
    const clock = new ManualClock();
    const telemetry = createTelemetry(periodic(`http://127.0.0.1:${address.port}`), { resource: {}, clock });
    telemetry.meterProvider.getMeter("x").createCounter("c").add(1);
    const ended = telemetry.shutdown(3_000);
    await clock.advance(3_000);
    await ended;
    hanging.closeAllConnections();
    hanging.close();
  });
});
