/** What the OTLP specification asks of a client, answer by answer ("OTLP/HTTP Response", opentelemetry-proto 1.x). */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { serveHttp } from "../../support/http-server.ts";
import { settle, SimulatedClock } from "../../support/simulated-clock.ts";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const TAKEN: Answer = { status: 200, body: "{}" };

/** A backend that gives its answers one after the other, the last one for ever; undefined is none at all. */
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
      for (const look of waiting) look();
    });
  });
  return {
    url: server.url,
    bodies,
    asked: (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (bodies.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function pushing(endpoint: string, options: object = {}) {
  const clock = new SimulatedClock();
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

/** Lets what the sockets brought be handled. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await settle();
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

describe.each([429, 503])("an answer %i with Retry-After", (status) => {
  it("is followed by the same export after that time, not before", async () => {
    await using receiver = await backend({ status, headers: { "retry-after": "3" } }, TAKEN);
    await using exporter = pushing(receiver.url);
    exporter.done(5);
    const pushed = exporter.push();
    await receiver.asked(1);
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

  it("is given up at once, and counted as missed, when that time is beyond the export's own", async () => {
    await using receiver = await backend({ status, headers: { "retry-after": "60" } }, TAKEN);
    await using exporter = pushing(receiver.url);
    exporter.done(5);
    await exporter.push();
    expect(receiver.bodies).toHaveLength(1);
    expect(exporter.report()).toMatchObject({ exports: 0, failures: 1, consecutiveFailures: 1 });
  });
});

describe.each([429, 502, 503, 504])("an answer %i that does not say when", (status) => {
  it("is followed by other tries, each after a longer wait", async () => {
    await using receiver = await backend({ status }, { status }, TAKEN);
    await using exporter = pushing(receiver.url);
    exporter.done(5);
    const pushed = exporter.push();
    // One second, then half as much again, each a fifth shorter or longer by chance.
    for (const [asked, shortestMs, longestMs] of [
      [1, 800, 1_200],
      [2, 1_200, 1_800],
    ] as const) {
      await receiver.asked(asked);
      await settled();
      await vi.advanceTimersByTimeAsync(shortestMs - 1);
      await settled();
      expect(receiver.bodies).toHaveLength(asked);
      await vi.advanceTimersByTimeAsync(longestMs - shortestMs + 1);
    }
    await pushed;
    expect(receiver.bodies).toHaveLength(3);
    expect(exporter.report()).toMatchObject({ exports: 1, failures: 0 });
  });
});

describe.each([400, 401, 403, 404, 413, 500, 501])("an answer %i", (status) => {
  it("is final: the export is not tried again but counted, and the next one goes out", async () => {
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
  ] as const)("in %s is not sent again, and what was rejected is told", async (encoding, type, body) => {
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

describe("a receiver that takes a request and never answers", () => {
  it("is given up at the timeout and counted, and has every count in the next export", async () => {
    // Its timeout goes by the collector's clock; the SDK's own timers may run.
    vi.useRealTimers();
    await using receiver = await backend(undefined, TAKEN);
    await using exporter = pushing(receiver.url, { timeout: 2_000 });
    exporter.done(5);
    const pushed = exporter.push();
    await receiver.asked(1);
    await exporter.clock.advance(1_999);
    expect(exporter.report()).toMatchObject({ failures: 0 });
    await exporter.clock.advance(1);
    await pushed;
    expect(exporter.report()).toMatchObject({ exports: 0, failures: 1, lastError: "no complete response within 2000 ms" });
    exporter.done(2);
    await exporter.push();
    expect(countIn(receiver.bodies[1])).toBe("7");
    expect(exporter.report()).toMatchObject({ exports: 1, failures: 1, consecutiveFailures: 0 });
  });
});
