/**
 * Ten loops of one second while the event loop is blocked a fifth of the time: our schedule against setInterval and "await, then
 * setTimeout" in the same run. Drift is the deviation of the last tick from the grid of the first tick, without the lateness that the
 * block itself causes; smaller is better. Argument: seconds; default 60.
 */
import { Collection } from "../src/collection/collection.ts";
import { SourcePolicy } from "../src/collection/policy.ts";
import { systemClock } from "../src/base/clock.ts";
import { gauge } from "../src/sample/field.ts";
import { defineSampleType } from "../src/sample/sample-type.ts";
import { defineSource, reading } from "../src/source/source.ts";
import * as z from "zod";
import { makeSource } from "../test/support/source.ts";

const SECONDS = Number(process.argv.at(-1)) || 60;
const LOOPS = 10;
const INTERVAL_MS = 1_000;
const BLOCKED_MS = 200;

const type = defineSampleType("one", { x: gauge("x", "1") });
const kind = defineSource({ kind: "one", options: z.strictObject({}), open: () => ({}), readings: [reading(type, () => ({ x: 1 }))] });

interface Loop {
  readonly ticks: number[];
  missed: number;
  stop(): void;
}

function ours(n: number): Loop {
  const source = makeSource(kind, {}, { name: `s${n}`, baseDir: "/", clock: systemClock, types: new Map() });
  const each = source.readings.get("one");
  if (!each) throw new Error("the source has its reading");
  const loop: Loop = { ticks: [], missed: 0, stop: () => collection.stop() };
  const policy = new SourcePolicy(`s${n}`, { failures: 5, initial: 1_000, max: 60_000 });
  const settings = {
    name: `loop-${n}`,
    source,
    reading: each,
    policy,
    intervalMs: INTERVAL_MS,
    timeoutMs: INTERVAL_MS,
    retain: 3_600,
    clock: systemClock,
  };
  const collection = new Collection(settings, ({ sample, atMs }) => {
    if (sample.outcome === "success") loop.ticks.push(atMs);
    else loop.missed += 1;
  });
  void collection.run();
  return loop;
}

function interval(): Loop {
  const ticks: number[] = [];
  const timer = setInterval(() => ticks.push(performance.now()), INTERVAL_MS);
  return { ticks, missed: 0, stop: () => clearInterval(timer) };
}

function timeout(): Loop {
  const ticks: number[] = [];
  let timer: NodeJS.Timeout;
  const tick = (): void => {
    ticks.push(performance.now());
    timer = setTimeout(tick, INTERVAL_MS);
  };
  timer = setTimeout(tick, INTERVAL_MS);
  return { ticks, missed: 0, stop: () => clearTimeout(timer) };
}

const contestants = {
  "otel-vitals": Array.from({ length: LOOPS }, (_, n) => ours(n)),
  setInterval: Array.from({ length: LOOPS }, interval),
  "await, then setTimeout": Array.from({ length: LOOPS }, timeout),
};

// Blocks at times that are not synchronised with any of the loops.
const blocker = setInterval(() => {
  const until = performance.now() + BLOCKED_MS;
  while (performance.now() < until);
}, INTERVAL_MS + 37);

setTimeout(() => {
  clearInterval(blocker);
  console.log(
    `${LOOPS} loops of ${INTERVAL_MS} ms for ${SECONDS} s, event loop blocked ${BLOCKED_MS} ms of every ${INTERVAL_MS + 37} ms; Node ${process.version}`,
  );
  for (const [name, loops] of Object.entries(contestants)) {
    for (const loop of loops) loop.stop();
    console.log(`${name.padEnd(24)} ${summary(loops)}`);
  }
  process.exit(0);
}, SECONDS * 1_000);

function summary(loops: readonly Loop[]): string {
  const drifts = loops.map(({ ticks }) => {
    // The earliest tick relative to its grid point defines the grid: later ticks were only delayed.
    const offsets = ticks.map((at, n) => at - (ticks[0] as number) - n * INTERVAL_MS);
    const half = Math.floor(offsets.length / 2);
    return Math.min(...offsets.slice(half)) - Math.min(...offsets.slice(0, half));
  });
  const ticks = loops.reduce((sum, loop) => sum + loop.ticks.length, 0);
  const missed = loops.reduce((sum, loop) => sum + loop.missed, 0);
  return `ticks ${ticks}, missed ${missed}, drift of the slowest ${Math.max(...drifts.map(Math.abs)).toFixed(1)} ms over the second half`;
}
