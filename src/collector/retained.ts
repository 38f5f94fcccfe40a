import type { Alert, Transition } from "../health/record.ts";
import { readFolder } from "../journal/file/read-only.ts";
import type { Sample } from "../sample/sample.ts";
import { TIMES_BYTES, timesOf, VALUES } from "./checkpoint.ts";
import { eventOf } from "./replay.ts";

/** An alert as it was recorded when it fired, resolved, or was no longer inhibited. */
export interface RecordedAlert {
  /** Wall-clock time. */
  readonly atMs: number;
  readonly alert: Alert;
}

/** What a collector retains of what happened. */
export interface Retained {
  /** In the order in which they were taken. */
  readonly samples: readonly Sample[];
  /** In the order in which they were recorded. */
  readonly alerts: readonly RecordedAlert[];
  readonly transitions: readonly Transition[];
  /** When the collector was started, and when it last saved what it remembers, as far as that is known; wall-clock times, oldest first. */
  readonly runs: readonly { readonly startMs: number; readonly savedMs: number | undefined }[];
  /** Whether the first sample is the first that the collector ever took. */
  readonly isFromStart: boolean;
  /** What is missing or limited, for people. */
  readonly notes: readonly string[];
}

/**
 * Reads the state directory of a collector, which may be running, and changes nothing in it.
 *
 * @throws VitalsError `state_unreadable`
 */
export async function readState(dir: string): Promise<Retained> {
  const samples: Sample[] = [];
  const alerts = new AlertRecorder();
  const transitions: Transition[] = [];
  const savedMs = new Map<number, number>();
  let [firstNumber, unknown] = [0, 0];
  const { damagedBytes } = await readFolder(dir, (record) => {
    if (record.type === "values") {
      const times = timesOf(record.values[VALUES.checkpoint]?.toString("latin1", 0, TIMES_BYTES) ?? "");
      if (times) savedMs.set(times.startedAt, times.savedAt);
      return;
    }
    firstNumber ||= record.seq;
    const event = eventOf(record.decode());
    if (!event) unknown += 1;
    else if (event.kind === "sample") samples.push(alerts.follow(event.sample));
    else if (event.kind === "alert") alerts.record(event.alert);
    else transitions.push(event.transition);
  });
  const notes = [
    ...(damagedBytes > 0 ? [`${damagedBytes} bytes of the state are damaged and were skipped`] : []),
    ...(unknown > 0 ? [`${unknown} events of another version were skipped`] : []),
  ];
  const runs = [...savedMs].map(([startMs, lastMs]) => ({ startMs, savedMs: lastMs }));
  return { samples, alerts: alerts.recorded, transitions, runs, isFromStart: firstNumber === 1, notes };
}

/** Dates alerts: one that fires again with the same start is one that is no longer inhibited, which happens right behind a sample. */
class AlertRecorder {
  readonly recorded: RecordedAlert[] = [];
  readonly #startOf = new Map<string, string>();
  #nowMs = 0;

  follow(sample: Sample): Sample {
    this.#nowMs = Math.max(this.#nowMs, Date.parse(sample.time) + sample.durationMs);
    return sample;
  }

  record(alert: Alert): void {
    const { endsAt, fingerprint, startsAt } = alert;
    const isKnown = endsAt === undefined && this.#startOf.get(fingerprint) === startsAt;
    this.#startOf.set(fingerprint, startsAt);
    this.recorded.push({ atMs: isKnown ? this.#nowMs : Date.parse(endsAt ?? startsAt), alert });
  }
}
