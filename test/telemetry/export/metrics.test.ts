import { afterEach, describe, expect, it, vi } from "vitest";
import { counter, duration, gauge, upDownCounter } from "../../../src/sample/field.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";
import { internalsOf } from "../../../src/telemetry/telemetry.ts";
import { SampleInstruments } from "../../../src/telemetry/instruments.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { serveHttp } from "../../support/http-server.ts";
import { settle, SimulatedClock } from "../../support/simulated-clock.ts";
import { everyField } from "../../support/cadence.ts";

const jobs = defineSampleType("jobs", {
  done: counter("jobs.done", "{job}"),
  wait: duration("jobs.wait"),
  load: gauge("jobs.load", "1"),
  waiting: upDownCounter("jobs.waiting", "{job}"),
});

interface OtlpPoint {
  readonly asDouble?: number;
  readonly asInt?: number;
  readonly count?: number;
}
interface OtlpMetric {
  readonly name: string;
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[]; readonly aggregationTemporality?: number; readonly isMonotonic?: boolean };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] };
}

/** A backend that takes everything and keeps, for each export, the first point of each metric by name. */
async function keeper() {
  const received: Record<string, number | undefined>[] = [];
  const metrics: OtlpMetric[] = [];
  const server = await serveHttp((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += String(chunk)));
    request.on("end", () => {
      const exported = metricsOf(body);
      metrics.push(...exported);
      received.push(pointsOf(exported));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  return { received, metrics, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function metricsOf(body: string): readonly OtlpMetric[] {
  const { resourceMetrics } = JSON.parse(body) as { resourceMetrics: { scopeMetrics: { metrics: OtlpMetric[] }[] }[] };
  return resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
}

function pointsOf(metrics: readonly OtlpMetric[]): Record<string, number | undefined> {
  return Object.fromEntries(
    metrics.map(({ name, sum, gauge: now, histogram }) => {
      const point = (sum ?? now ?? histogram)?.dataPoints[0];
      return [name, point?.asDouble ?? point?.asInt ?? point?.count];
    }),
  );
}

function set(endpoint: string, otlp: object = {}) {
  const clock = new SimulatedClock();
  const otlpHttp = { endpoint, encoding: "json" as const, timeout: 5_000, ...otlp };
  const telemetry = createTelemetry(
    { readers: [{ pull: { exporter: { "prometheus/development": {} } } }, { periodic: { exporter: { otlp_http: otlpHttp } } }] },
    { resource: {}, clock },
  );
  const instruments = new SampleInstruments(telemetry.meterProvider.getMeter("test"), clock, internalsOf(telemetry).freshness);
  instruments.observe();
  instruments.register({ name: "c", type: jobs, cadence: everyField(jobs, 1_000) });
  const record = (values: object): void => {
    const sample = { time: "", collection: "c", outcome: "success" as const, durationMs: 1, values };
    instruments.record("c", { sample, atMs: 0, latenessMs: 0 });
  };
  const report = () => telemetry.exporters()[0];
  return { clock, telemetry, record, report };
}

/** A backend that begins an answer and drips the rest for ever, too often for any timeout of silence, until it is mended. */
async function dripper() {
  const asked: PromiseWithResolvers<void>[] = [];
  const dropped: PromiseWithResolvers<void>[] = [];
  const nth = (list: PromiseWithResolvers<void>[], n: number) => (list[n] ??= Promise.withResolvers<void>());
  let [requests, drops, isMended] = [0, 0, false];
  const server = await serveHttp((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200);
      if (isMended) response.end("{}");
      else {
        const drip = setInterval(() => response.write(" "), 20);
        response.on("close", () => {
          clearInterval(drip);
          nth(dropped, (drops += 1)).resolve();
        });
        response.write(" ");
      }
      nth(asked, (requests += 1)).resolve();
    });
  });
  return {
    url: server.url,
    get requests() {
      return requests;
    },
    asked: (n: number) => nth(asked, n).promise,
    dropped: (n: number) => nth(dropped, n).promise,
    mend: () => void (isMended = true),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

afterEach(() => void vi.useRealTimers());

describe("two readers of one provider", () => {
  it("are both right, each at its own pace", async () => {
    await using backend = await keeper();
    const { telemetry, record } = set(backend.url);
    record({ done: 5, wait: 0.1, load: 0.5 });
    await telemetry.scrape?.();
    record({ done: 9, wait: 0.2, load: 0.6 });
    const [scrape] = await Promise.all([telemetry.scrape?.(), telemetry.forceFlush(5_000)]);
    expect(scrape?.text).toMatch(/^jobs_done_total\{.*\} 9$/m);
    expect(scrape?.text).toMatch(/^jobs_wait_seconds_count\{.*\} 2$/m);
    expect(backend.received).toMatchObject([{ "jobs.done": 9, "jobs.wait": 2, "jobs.load": 0.6 }]);
    await telemetry.shutdown(1_000);
  });

  it("lose no increment to silence where one of them tells increments", async () => {
    await using backend = await keeper();
    const { clock, telemetry, record } = set(backend.url, { temporality_preference: "delta" });
    record({ done: 5, wait: 0.1, load: 0.5 });
    clock.block(1_000);
    record({ done: 9, wait: 0.2, load: 0.6 });
    await telemetry.scrape?.();
    clock.block(10_000);
    await telemetry.forceFlush(5_000);
    record({ done: 10, wait: 0.3 });
    await telemetry.forceFlush(5_000);
    expect(backend.received[0]).toMatchObject({ "jobs.done": 9, "jobs.wait": 2 });
    expect(backend.received[0]).not.toHaveProperty(["jobs.load"]);
    expect(backend.received[1]).toMatchObject({ "jobs.done": 1, "jobs.wait": 1 });
    await telemetry.shutdown(1_000);
  });
});

describe("an up-down counter field", () => {
  it.each(["cumulative", "delta", "low_memory"])(
    "an up-down counter is exported with preference %s as a cumulative non-monotonic sum, and disappears when stale",
    async (temporality_preference) => {
      await using backend = await keeper();
      const { clock, telemetry, record } = set(backend.url, { temporality_preference });
      record({ waiting: 7 });
      record({ waiting: 3 });
      await telemetry.forceFlush(5_000);
      const waiting = backend.metrics.find(({ name }) => name === "jobs.waiting");
      expect(waiting?.sum).toMatchObject({ aggregationTemporality: 2, isMonotonic: false, dataPoints: [{ asDouble: 3 }] });
      const before = (await telemetry.scrape?.())?.text ?? "";
      expect(before).toMatch(/^# TYPE jobs_waiting gauge\njobs_waiting\{vitals_collection_name="c"\} 3$/m);
      clock.block(3_000);
      await telemetry.forceFlush(5_000);
      expect(backend.received[1]).not.toHaveProperty(["jobs.waiting"]);
      expect((await telemetry.scrape?.())?.text).not.toContain("jobs_waiting");
      await telemetry.shutdown(1_000);
    },
  );
});

describe("an exporter", () => {
  it("is told of by the SDK's own metrics", async () => {
    await using backend = await keeper();
    const { telemetry, record } = set(backend.url);
    record({ load: 1 });
    await telemetry.forceFlush(5_000);
    const { text } = (await telemetry.scrape?.()) ?? { text: "" };
    expect(text).toMatch(/^otel_sdk_exporter_metric_data_point_exported_total\{.*\} [1-9]\d*$/m);
    await telemetry.shutdown(1_000);
  });

  it.each([
    [404, "the backend answered 404 Not Found"],
    [503, "the backend takes nothing for now (it answered 429, 502, 503 or 504)"],
  ])("that is answered %i says why, without the body", async (code, reason) => {
    await using backend = await serveHttp((request, response) =>
      request.resume().on("end", () => response.writeHead(code, { "retry-after": "60" }).end("hunter2")),
    );
    const { telemetry, record, report } = set(backend.url);
    record({ load: 1 });
    await telemetry.forceFlush(5_000);
    expect(report()).toMatchObject({ failures: 1, consecutiveFailures: 1, lastError: reason });
    await telemetry.shutdown(1_000);
  });

  it("gives up an answer that drips at its timeout, and exports again", async () => {
    await using backend = await dripper();
    const { clock, telemetry, record, report } = set(backend.url, { timeout: 500 });
    record({ load: 1 });
    const flushed = telemetry.forceFlush(60_000);
    await backend.asked(1);
    await clock.advance(500);
    await backend.dropped(1);
    await flushed;
    expect(report()).toMatchObject({ exports: 0, failures: 1, lastError: "no complete answer within 500 ms" });
    backend.mend();
    await telemetry.forceFlush(60_000);
    expect(report()).toMatchObject({ exports: 1, failures: 1, consecutiveFailures: 0 });
    await telemetry.shutdown(1_000);
  });

  it("lets go of a dripping answer for good when the provider shuts down, so that the process may end", async () => {
    await using backend = await dripper();
    const { clock, telemetry, record, report } = set(backend.url, { timeout: 60_000 });
    record({ load: 1 });
    // The SDK would connect again after a second or so.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const ended = telemetry.shutdown(3_000);
    expect(telemetry.shutdown(3_000)).toBe(ended);
    await backend.asked(1);
    await clock.advance(3_000);
    await ended;
    await backend.dropped(1);
    while (report()?.failures === 0 && backend.requests === 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      await settle();
    }
    expect(backend.requests).toBe(1);
    expect(report()).toMatchObject({ exports: 0, failures: 1 });
  });
});
