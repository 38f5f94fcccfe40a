/** What the OTLP specification requires of a client for each response ("OTLP/HTTP Response", opentelemetry-proto 1.x). */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { OtlpExporter } from "../../../src/telemetry/export/metrics.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { serveHttp } from "../../support/http-server.ts";
import { settle, ManualClock } from "../../../src/base/manual-clock.ts";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const TAKEN: Answer = { status: 200, body: "{}" };

/** A backend with scripted responses, the last one repeated; undefined means no response. */
async function backend(...answers: readonly (Answer | undefined)[]) {
  const bodies: Buffer[] = [];
  const waiting = new Set<() => void>();
  const server = await serveHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const answer = answers[Math.min(bodies.length, answers.length - 1)];
      bodies.push(Buffer.concat(chunks));
      if (answer) response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body ?? "{}");
      for (const check of waiting) check();
    });
  });
  return {
    url: server.url,
    bodies,
    received: (count: number): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (bodies.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function pushing(endpoint: string, options: object = {}) {
  const clock = new ManualClock();
  const otlp = { endpoint, encoding: "json" as const, timeout: 10_000, ...options };
  const telemetry = createTelemetry(
    { readers: [{ periodic: { interval: 3_600_000, exporter: { otlp_http: otlp } } }] },
    { resource: {}, clock },
  );
  const jobs = telemetry.meterProvider.getMeter("test").createCounter("jobs.done", { unit: "{job}" });
  return {
    clock,
    done: (count: number) => jobs.add(count),
    push: () => telemetry.forceFlush(600_000),
    report: () => telemetry.exporters()[0],
    [Symbol.asyncDispose]: () => telemetry.shutdown(1_000),
  };
}

/** The count in an export. */
const countIn = (body: Buffer | undefined): unknown => /"name":"jobs\.done".*?"as(?:Int|Double)":"?(\d+)/.exec(String(body))?.[1];

/** Lets the data of the sockets be handled. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await settle();
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

describe.each([429, 503])("a response %i with Retry-After", (status) => {
  it(`OtlpSender retries after Retry-After of a response ${status}, not before`, async () => {
    await using receiver = await backend({ status, headers: { "retry-after": "3" } }, TAKEN);
    await using exporter = pushing(receiver.url);
    exporter.done(5);
    const pushed = exporter.push();
    await receiver.received(1);
    await settled();
    await vi.advanceTimersByTimeAsync(2_900);
    await settled();
    expect(receiver.bodies).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    await pushed;
    expect(receiver.bodies).toHaveLength(2);
    expect(receiver.bodies[1]).toEqual(receiver.bodies[0]);
    expect(exporter.report()).toMatchObject({ exports: 1, failures: 0 });
  });

  it(`OtlpSender fails at once if Retry-After of a response ${status} exceeds the timeout of the export`, async () => {
    await using receiver = await backend({ status, headers: { "retry-after": "60" } }, TAKEN);
    await using exporter = pushing(receiver.url);
    exporter.done(5);
    await exporter.push();
    expect(receiver.bodies).toHaveLength(1);
    expect(exporter.report()).toMatchObject({ exports: 0, failures: 1, consecutiveFailures: 1 });
  });
});

describe.each([429, 502, 503, 504])("a response %i without Retry-After", (status) => {
  it(`OtlpSender retries after a response ${status}, each time after a longer wait`, async () => {
    await using receiver = await backend({ status }, { status }, TAKEN);
    await using exporter = pushing(receiver.url);
    exporter.done(5);
    const pushed = exporter.push();
    // One second, then half as much again, each with a random deviation of a fifth.
    for (const [received, shortestMs, longestMs] of [
      [1, 800, 1_200],
      [2, 1_200, 1_800],
    ] as const) {
      await receiver.received(received);
      await settled();
      await vi.advanceTimersByTimeAsync(shortestMs - 1);
      await settled();
      expect(receiver.bodies).toHaveLength(received);
      await vi.advanceTimersByTimeAsync(longestMs - shortestMs + 1);
    }
    await pushed;
    expect(receiver.bodies).toHaveLength(3);
    expect(exporter.report()).toMatchObject({ exports: 1, failures: 0 });
  });
});

describe.each([400, 401, 403, 404, 413, 500, 501])("a response %i", (status) => {
  it(`OtlpSender does not retry after a response ${status}, counts the failure and sends the next export`, async () => {
    await using receiver = await backend({ status }, TAKEN);
    await using exporter = pushing(receiver.url);
    exporter.done(5);
    await exporter.push();
    expect(receiver.bodies).toHaveLength(1);
    expect(exporter.report()).toMatchObject({
      exports: 0,
      failures: 1,
      lastError: expect.stringContaining(`the backend returned ${status}`) as string,
    });
    exporter.done(2);
    await exporter.push();
    expect(receiver.bodies.map(countIn)).toEqual(["5", "7"]);
    expect(exporter.report()).toMatchObject({ exports: 1, failures: 1, consecutiveFailures: 0 });
  });
});

describe("a partial success", () => {
  // The protobuf: field 1, the partial success, of 5 bytes: field 1, two rejected points, and field 2, the text "no".
  const protobuf = Uint8Array.from([0x0a, 0x06, 0x08, 0x02, 0x12, 0x02, 0x6e, 0x6f]);
  const json = JSON.stringify({ partialSuccess: { rejectedDataPoints: "2", errorMessage: "no" } });

  it.each([
    ["json", "application/json", json],
    ["protobuf", "application/x-protobuf", protobuf],
  ] as const)("OtlpSender does not repeat a partial success in %s, and reports how much was rejected", async (encoding, type, body) => {
    await using receiver = await backend({ status: 200, headers: { "content-type": type }, body }, TAKEN);
    await using exporter = pushing(receiver.url, { encoding });
    exporter.done(5);
    await exporter.push();
    await vi.advanceTimersByTimeAsync(60_000);
    await settled();
    expect(receiver.bodies).toHaveLength(1);
    expect(exporter.report()).toMatchObject({ failures: 1, lastError: "the backend rejected 2 of the items sent" });
  });
});

describe("a backend that never responds", () => {
  it("OtlpSender fails at the timeout of a backend that never responds, and loses no count", async () => {
    // Its timeout follows the collector's clock; the SDK's own timers may run.
    vi.useRealTimers();
    await using receiver = await backend(undefined, TAKEN);
    await using exporter = pushing(receiver.url, { timeout: 2_000 });
    exporter.done(5);
    const pushed = exporter.push();
    await receiver.received(1);
    await exporter.clock.advance(1_999);
    expect(exporter.report()).toMatchObject({ failures: 0 });
    await exporter.clock.advance(1);
    await pushed;
    expect(exporter.report()).toMatchObject({ exports: 0, failures: 1, lastError: "no complete response within 2s" });
    exporter.done(2);
    await exporter.push();
    expect(countIn(receiver.bodies[1])).toBe("7");
    expect(exporter.report()).toMatchObject({ exports: 1, failures: 1, consecutiveFailures: 0 });
  });
});

describe("a failure that says nothing about the backend", () => {
  it("OtlpSender counts an export that the process was suspended in as failed, but not as a failure of the backend", async () => {
    vi.useRealTimers();
    await using receiver = await backend(undefined, undefined, TAKEN);
    await using exporter = pushing(receiver.url, { timeout: 2_000 });
    for (const [suspendedMs, consecutiveFailures] of [
      [3_000, 0],
      [0, 1],
    ] as const) {
      exporter.done(1);
      const pushed = exporter.push();
      await receiver.received(receiver.bodies.length + 1);
      exporter.clock.suspend(suspendedMs);
      await exporter.clock.advance(2_000);
      await pushed;
      expect(exporter.report()).toMatchObject({ exports: 0, consecutiveFailures });
    }
    expect(exporter.report()).toMatchObject({ failures: 2 });
  });

  it("OtlpSender counts an export that was not sent because the previous one had not finished as failed, but not as a failure of the backend", async () => {
    vi.useRealTimers();
    await using receiver = await backend(undefined);
    const clock = new ManualClock();
    const options = { endpoint: receiver.url, encoding: "json" as const, timeout: 2_000 };
    const exporter = new OtlpExporter("otlp", options as ConstructorParameters<typeof OtlpExporter>[1], clock);
    const exported = () => new Promise((resolve) => exporter.export({ resource: resourceFromAttributes({}), scopeMetrics: [] }, resolve));
    const first = exported();
    await exported();
    expect(exporter.report()).toMatchObject({ failures: 1, consecutiveFailures: 0, lastError: "the previous export has not finished" });
    await receiver.received(1);
    await clock.advance(2_000);
    await first;
    expect(receiver.bodies).toHaveLength(1);
    expect(exporter.report()).toMatchObject({ failures: 2, consecutiveFailures: 1 });
    await exporter.shutdown();
  });
});
