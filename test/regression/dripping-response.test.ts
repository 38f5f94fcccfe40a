/**
 * Pins a fault of the OTLP exporter of opentelemetry-js 0.301.0: a backend that sends its response byte by byte kept an export, and with it
 * the shutdown of the process, beyond every timeout.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { serveHttp } from "../support/http-server.ts";
import { instrumented } from "../support/instrumented.ts";
import { settle } from "../../src/base/manual-clock.ts";

const load = defineSampleType("load", { load: gauge("jobs.load", "1") });

/** A backend that keeps sending a response byte by byte, too often for an idle timeout, until `complete` is called. */
async function dripper() {
  const requested: PromiseWithResolvers<void>[] = [];
  const dropped: PromiseWithResolvers<void>[] = [];
  const nth = (list: PromiseWithResolvers<void>[], n: number) => (list[n] ??= Promise.withResolvers<void>());
  let [requests, drops, isCompleting] = [0, 0, false];
  const server = await serveHttp((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200);
      if (isCompleting) response.end("{}");
      else {
        const drip = setInterval(() => response.write(" "), 20);
        response.on("close", () => {
          clearInterval(drip);
          nth(dropped, (drops += 1)).resolve();
        });
        response.write(" ");
      }
      nth(requested, (requests += 1)).resolve();
    });
  });
  return {
    url: server.url,
    get requests() {
      return requests;
    },
    requested: (n: number) => nth(requested, n).promise,
    dropped: (n: number) => nth(dropped, n).promise,
    complete: () => void (isCompleting = true),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

afterEach(() => void vi.useRealTimers());

describe("an OTLP backend whose response keeps arriving", () => {
  it("an export ends at its timeout although the response keeps arriving, and the next export succeeds", async () => {
    await using backend = await dripper();
    const { clock, telemetry, record, report } = instrumented(load, { endpoint: backend.url, timeout: 500 });
    record({ load: 1 });
    const flushed = telemetry.forceFlush(60_000);
    await backend.requested(1);
    await clock.advance(500);
    await backend.dropped(1);
    await flushed;
    expect(report()).toMatchObject({ exports: 0, failures: 1, lastError: "no complete response within 500 ms" });
    backend.complete();
    await telemetry.forceFlush(60_000);
    expect(report()).toMatchObject({ exports: 1, failures: 1, consecutiveFailures: 0 });
    await telemetry.shutdown(1_000);
  });

  it("a shutdown ends at its deadline and closes a response that keeps arriving, without another attempt", async () => {
    await using backend = await dripper();
    const { clock, telemetry, record, report } = instrumented(load, { endpoint: backend.url, timeout: 60_000 });
    record({ load: 1 });
    // The SDK's exporter would retry after about a second.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const ended = telemetry.shutdown(3_000);
    expect(telemetry.shutdown(3_000)).toBe(ended);
    await backend.requested(1);
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
