/** Fifty collections of one second, of which those with hostile endpoints are given; reports the lateness of the others and the memory. */
import { Collection } from "../../src/collection/collection.ts";
import { SourcePolicy } from "../../src/collection/policy.ts";
import { systemClock } from "../../src/base/clock.ts";
import { gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { httpJson } from "../../src/source/http-json/http-json.ts";
import { makeSource } from "../../test/support/source.ts";
import { answerParent } from "./child.ts";

/** What is measured: how long, and which endpoints the collections beyond the good ones read. */
export interface HostileRun {
  readonly port: number;
  readonly good: number;
  readonly others: readonly string[];
  readonly seconds: number;
}

export interface HostileResult {
  /** Of the good collections, in milliseconds, ascending. */
  readonly lateness: readonly number[];
  readonly missed: number;
  readonly failed: number;
  readonly rssMb: number;
  readonly cpuSeconds: number;
  /** By endpoint, the message of the newest sample of a hostile one. */
  readonly errors: Readonly<Record<string, string>>;
}

const WARM_UP_MS = 3_000;

const type = defineSampleType("one", { value: gauge("value", "{thing}") });

async function run({ port, good, others, seconds }: HostileRun): Promise<HostileResult> {
  const lateness: number[] = [];
  const errors: Record<string, string> = {};
  let [missed, failed, isMeasuring] = [0, 0, false];
  const collections = [...Array.from({ length: good }, () => "/good"), ...others].map((path, n) => {
    const options = { url: `http://127.0.0.1:${port}${path}`, readings: { one: {} } };
    const source = makeSource(httpJson, options, { name: `s${n}`, baseDir: "/", clock: systemClock, types: new Map([["one", type]]) });
    const reading = source.readings.get("one");
    if (!reading) throw new Error("the source has its reading");
    // A breaker would spare the hostile ones after a while.
    const policy = new SourcePolicy(`s${n}`, { failures: 1_000_000, initial: 1_000, max: 60_000 });
    const settings = { name: `loop-${n}`, source, reading, policy, intervalMs: 1_000, timeoutMs: 1_000, retain: 60, clock: systemClock };
    return new Collection(settings, (record) => {
      if (n >= good) errors[path] = record.sample.error?.message ?? "";
      if (n >= good || !isMeasuring) return;
      if (record.sample.outcome === "missed") missed += 1;
      else lateness.push(record.latenessMs);
      if (record.sample.outcome !== "success") failed += 1;
    });
  });
  for (const each of collections) void each.run();
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  isMeasuring = true;
  const cpu = process.cpuUsage();
  let rss = 0;
  const timer = setInterval(() => (rss = Math.max(rss, process.memoryUsage().rss)), 100);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  clearInterval(timer);
  const { user, system } = process.cpuUsage(cpu);
  return {
    lateness: lateness.toSorted((a, b) => a - b),
    missed,
    failed,
    rssMb: rss / 1e6,
    cpuSeconds: (user + system) / 1e6,
    errors,
  };
}

answerParent((question) => run(question as HostileRun));
