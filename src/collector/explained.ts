import type { UnmeasuredReport } from "../answer/collection.ts";
import type { Clock } from "../base/clock.ts";
import { Deadline } from "../base/deadline.ts";
import { VitalsError } from "../base/errors.ts";
import type { Source } from "../source/source.ts";
import type { Unmeasured } from "../source/unmeasured.ts";

/** Time between two explanations: labels and layouts rarely change. Milliseconds. */
const EVERY_MS = 30_000;

/** Maximum time for one. Milliseconds. */
const LONGEST_MS = 5_000;

/** Reasons that a report has at most, and parts of each that it names. */
const MAX_REASONS = 50;
const MAX_PARTS = 20;

/** What a source does not measure, and why, as its kind explains it. It is queried after a reading that succeeded. */
export class Explained {
  readonly #source: Source;
  readonly #clock: Clock;
  #nextMs = Number.NEGATIVE_INFINITY;
  #isQuerying = false;
  #reports: ReadonlyMap<string, readonly UnmeasuredReport[]> = new Map();

  constructor(source: Source, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** By sample type; empty if nothing is known. */
  of(type: string): readonly UnmeasuredReport[] {
    return this.#reports.get(type) ?? [];
  }

  /** Queries the source in the background, unless that was done in the last 30 s. An explanation stays until the next one that succeeds. */
  refresh(): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#source.explains || this.#isQuerying || nowMs < this.#nextMs) return;
    this.#isQuerying = true;
    this.#nextMs = nowMs + EVERY_MS;
    void this.#query(nowMs + LONGEST_MS).finally(() => (this.#isQuerying = false));
  }

  async #query(endMs: number): Promise<void> {
    const expired = (): Error => new VitalsError("source_timeout", `source "${this.#source.name}" explained nothing in time`);
    using deadline = new Deadline(this.#clock, endMs, expired);
    try {
      this.#reports = this.#reportsOf(await this.#source.unmeasured(deadline.signal));
    } catch {
      // The numbers do not depend on an explanation.
    }
  }

  #reportsOf(all: readonly Unmeasured[]): ReadonlyMap<string, readonly UnmeasuredReport[]> {
    const reports = [...Map.groupBy(all, ({ type }) => type)].map(([name, absences]) => {
      const type = this.#source.readings.get(name)?.type;
      // A source with one part may name it, although its readings are not split by it.
      const isSplit = type !== undefined && Object.values(type.fields).every(({ by }) => by.length > 0);
      return [name, joined(isSplit ? absences : absences.map((each) => ({ ...each, part: undefined }))).slice(0, MAX_REASONS)] as const;
    });
    return new Map(reports);
  }
}

interface Absence {
  readonly field: string;
  readonly reason: string;
  readonly part?: string | undefined;
}

/** Fields that are absent for one reason, in the same parts, are reported together. */
function joined(all: readonly Absence[]): readonly UnmeasuredReport[] {
  const byReason = Map.groupBy(all, ({ reason, part }) => JSON.stringify([reason, part]));
  const ofParts = [...byReason.values()].map((group) => {
    const [{ reason, part } = { reason: "" }] = group;
    return { reason, part, fields: [...new Set(group.map(({ field }) => field))] };
  });
  return [...Map.groupBy(ofParts, ({ reason, fields }) => JSON.stringify([reason, fields])).values()].map((group) => {
    const [{ reason, fields } = { reason: "", fields: [] }] = group;
    const parts = group.flatMap(({ part }) => (part === undefined ? [] : [part])).slice(0, MAX_PARTS);
    return { fields, reason, ...(parts.length === 0 ? {} : { parts }) };
  });
}
