import { resolve } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { UNIT_MS } from "../base/quantity.ts";
import type { JournalEngine } from "../journal/engine.ts";
import { FileEngine, type FileEngineStatus } from "../journal/file/file-engine.ts";
import type { CollectorSettings } from "./collector.ts";
import type { CollectionPlan, Plan } from "./resolve.ts";

/** Events are kept for at least two hours of running, and for longer than any buffer spans, so that a restart can fill it. */
const MIN_AGE_MS = 2 * UNIT_MS.h;
const LONGER = 1.25;

export interface EngineSurroundings {
  readonly clock: Clock;
  /** Folder that a relative one is relative to. */
  readonly baseDir: string;
  readonly logger: Logger;
  /** Called when the state can be saved no longer, or again. */
  readonly onChange: () => void;
}

/** Milliseconds of running for which the events of these collections are kept. */
export function ageOf(collections: Iterable<Pick<CollectionPlan, "intervalMs" | "retain">>): number {
  const longestMs = Math.max(0, ...[...collections].map(({ intervalMs, retain }) => intervalMs * retain));
  return Math.max(MIN_AGE_MS, LONGER * longestMs);
}

/** Where a collector keeps what survives it; undefined if nothing does. A dry run leaves the configured folder alone. Opens nothing. */
export function engineOf(
  { options: { state }, collections }: Pick<Plan, "options" | "collections">,
  { journal, mute = false }: Pick<CollectorSettings, "journal" | "mute">,
  { baseDir, clock, logger, onChange }: EngineSurroundings,
): JournalEngine | undefined {
  if (journal || !state || mute) return journal;
  // What `open` reports is logged there.
  let reported = Number.NaN;
  const onStatus = ({ problem, reports }: FileEngineStatus): void => {
    for (const report of reports.slice(Number.isNaN(reported) ? reports.length : reported)) logger.warn(`state: ${report}`);
    reported = reports.length;
    if (problem !== undefined) logger.warn(`state: kept in memory only: ${problem}`);
    onChange();
  };
  const { dir, max_size: maxBytes, sync: syncMs } = state;
  const maxAgeMs = ageOf(collections.values());
  return new FileEngine({ dir: resolve(baseDir, dir), clock, syncMs, maxBytes, maxAgeMs, onStatus });
}
