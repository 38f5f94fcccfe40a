import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SourcePolicy } from "../../src/collection/policy.ts";
import { isVitalsError, VitalsError } from "../../src/base/errors.ts";
import { settle } from "../../src/base/manual-clock.ts";

// The breaker uses Date.now(), so the timers are fake.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "performance"] }));
afterEach(() => void vi.useRealTimers());

const live = new AbortController().signal;
const fail = (): Promise<never> => Promise.reject(new Error("down"));
const answer = (): Promise<number> => Promise.resolve(1);
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "answered",
    (error: unknown) => (isVitalsError(error) ? error.code : "failed"),
  );

async function broken(options = { failures: 3, initial: 1_000, max: 60_000 }): Promise<SourcePolicy> {
  const policy = new SourcePolicy("agent", options);
  for (let n = 0; n < options.failures; n += 1) await codeOf(policy.execute(fail, live));
  return policy;
}

describe("SourcePolicy", () => {
  it("SourcePolicy opens after consecutive failures and then does not call the source", async () => {
    const policy = await broken();
    expect(policy.state).toBe("open");
    let reads = 0;
    expect(await codeOf(policy.execute(async () => (reads += 1), live))).toBe("source_rejected");
    expect(reads).toBe(0);
    expect(policy.consecutiveFailures).toBe(3);
  });

  it("SourcePolicy counts only consecutive failures", async () => {
    const policy = new SourcePolicy("agent", { failures: 3, initial: 1_000, max: 60_000 });
    for (const read of [fail, fail, answer, fail, fail]) await codeOf(policy.execute<number>(read, live));
    expect(policy.state).toBe("closed");
    expect(policy.consecutiveFailures).toBe(2);
  });

  it("SourcePolicy probes once after the wait and closes on success", async () => {
    const policy = await broken();
    vi.setSystemTime(Date.now() + 60_000);
    expect(await codeOf(policy.execute(answer, live))).toBe("answered");
    expect(policy.state).toBe("closed");
    expect(policy.consecutiveFailures).toBe(0);
  });

  it("SourcePolicy increases its wait with failed probes", async () => {
    const waits: number[] = [];
    const policy = await broken({ failures: 1, initial: 1_000, max: 600_000 });
    for (let probe = 0; probe < 8; probe += 1) {
      let waited = 0;
      while ((await codeOf(policy.execute(fail, live))) === "source_rejected") {
        waited += 100;
        vi.setSystemTime(Date.now() + 100);
      }
      waits.push(waited);
    }
    const sum = (part: number[]): number => part.reduce((total, wait) => total + wait, 0);
    expect(sum(waits.slice(4))).toBeGreaterThan(4 * sum(waits.slice(0, 4)));
  });

  it("SourcePolicy does not count an aborted reading as a failure", async () => {
    const policy = new SourcePolicy("agent", { failures: 1, initial: 1_000, max: 60_000 });
    const aborted = (): Promise<never> => Promise.reject(new VitalsError("aborted", "stopping"));
    expect(await codeOf(policy.execute(aborted, live))).toBe("aborted");
    expect(policy.state).toBe("closed");
  });

  it("SourcePolicy opens again when a probe is given up, and reads again after a wait", async () => {
    const policy = await broken();
    vi.setSystemTime(Date.now() + 60_000);
    const probe = new AbortController();
    const abortion = new VitalsError("aborted", "the collection is removed");
    const read = (): Promise<never> => new Promise((_, reject) => probe.signal.addEventListener("abort", () => reject(abortion)));
    const given = codeOf(policy.execute(read, probe.signal));
    expect(policy.state).toBe("half-open");
    probe.abort(abortion);
    expect(await given).toBe("aborted");
    await settle();
    expect(policy.state).toBe("open");
    expect(policy.consecutiveFailures).toBe(3);
    expect(await codeOf(policy.execute(answer, live))).toBe("source_rejected");
    vi.setSystemTime(Date.now() + 120_000);
    expect(await codeOf(policy.execute(answer, live))).toBe("answered");
    expect(policy.state).toBe("closed");
  });

  it.each(["reading_invalid", "source_waiting"] as const)("SourcePolicy takes %s for an answer of the source", async (code) => {
    const policy = await broken();
    vi.setSystemTime(Date.now() + 60_000);
    const answered = (): Promise<never> => Promise.reject(new VitalsError(code, "nothing to read"));
    expect(await codeOf(policy.execute(answered, live))).toBe(code);
    expect(policy.state).toBe("closed");
    expect(policy.consecutiveFailures).toBe(0);
    for (let n = 0; n < 10; n += 1) expect(await codeOf(policy.execute(answered, live))).toBe(code);
    expect(policy.state).toBe("closed");
  });

  it("SourcePolicy rejects a second caller at its own deadline while the probe of the first one hangs", async () => {
    const policy = await broken();
    vi.setSystemTime(Date.now() + 60_000);
    const probe = new AbortController();
    const first = codeOf(policy.execute(() => new Promise(() => {}), probe.signal));
    const second = new AbortController();
    const waiting = codeOf(policy.execute(answer, second.signal));
    expect(policy.state).toBe("half-open");
    second.abort(new VitalsError("source_timeout", "too late"));
    expect(await waiting).toBe("source_timeout");
    probe.abort(new VitalsError("source_timeout", "too late"));
    expect(await first).toBe("source_timeout");
  });
});
