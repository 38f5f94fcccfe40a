import type { Collector } from "../collector.ts";
import type { Sample } from "../sample/sample.ts";

/** Starts a collector and waits for the first sample of each collection; those that made none within `timeoutMs` are absent. */
export async function firstSamples(collector: Collector, timeoutMs: number): Promise<ReadonlyMap<string, Sample>> {
  const samples = new Map<string, Sample>();
  const signal = AbortSignal.timeout(timeoutMs);
  // The collector's timers do not keep a process alive; this one does.
  const hold = setTimeout(() => {}, timeoutMs);
  await collector.start();
  try {
    for await (const event of collector.events({ signal, after: 0 })) {
      if (event.kind !== "sample" || samples.has(event.sample.collection)) continue;
      samples.set(event.sample.collection, event.sample);
      if (samples.size === collector.collections().length) break;
    }
  } finally {
    clearTimeout(hold);
  }
  return samples;
}

/** Long enough for every collection's first tick and its timeout. */
export function longestWaitMs(collector: Collector): number {
  const FIRST_TICK_MS = 3_000;
  return FIRST_TICK_MS + Math.max(0, ...collector.collections().map((handle) => Math.min(handle.report().timeoutMs, 60_000)));
}
