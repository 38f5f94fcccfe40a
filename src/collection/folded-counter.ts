import type { Breakdown } from "./breakdown.ts";
import { PathMap } from "../sample/path-map.ts";

/** Number of absent values that are remembered, so that what they have grown is known when they return. */
const MAX_ABSENT = 2_000;

/** What is known of one value of a counter. */
interface Member {
  value: number;
  /** The newest value of its own series; undefined if it never had one. */
  shown: number | undefined;
  /** The `_OTHER` series that it is folded into; undefined while it has a series of its own. */
  other: Total | undefined;
  /** The newest reading that had it. */
  reading: number;
}

/** An `_OTHER` series. */
interface Total {
  readonly path: readonly string[];
  value: number;
  reading: number;
}

/**
 * The series of a counter of which some values are folded into `_OTHER`.
 *
 * A sum of the folded values would fall when one of them disappears, and jump when one returns; readers take the first for a restart, and
 * count the second as growth. So `_OTHER` starts at zero and adds up what the folded values have grown: nothing for a value that is new,
 * and the new value of one that has restarted. It never falls. Growth is counted once: a value's growth up to the reading in which it gets
 * a series of its own is in `_OTHER`, and a series that continues after its value was folded continues where it ended.
 */
export class FoldedCounter {
  readonly #members = new PathMap<Member>();
  readonly #totals = new PathMap<Total>();
  #reading = 0;
  #present = 0;

  /**
   * Starts the next reading, and forgets the values that have been absent for longest if there are too many. An `_OTHER` series below a
   * forgotten outer value starts again at zero.
   */
  begin(): void {
    if (this.#members.size - this.#present > MAX_ABSENT) forget(this.#members, this.#reading);
    if (this.#totals.size > MAX_ABSENT) forget(this.#totals, this.#reading);
    this.#reading += 1;
    this.#present = 0;
  }

  /** Adds a value with a series of its own, and writes that series to `shown`. */
  own(path: readonly string[], value: number, shown: Breakdown): void {
    const member = this.#member(path, value);
    const growth = growthOf(member, value);
    if (member.other) {
      this.#grow(member.other, growth, shown);
      member.other = undefined;
      member.shown ??= value;
    } else member.shown = nextOf(member, value, growth);
    member.value = value;
    shown.put(path, member.shown);
  }

  /** Adds a value that is folded into the `_OTHER` series at `otherPath`, and writes that series to `shown`. */
  fold(path: readonly string[], otherPath: readonly string[], value: number, shown: Breakdown): void {
    const member = this.#member(path, value);
    let total = this.#totals.get(otherPath);
    if (!total) this.#totals.set(otherPath, (total = { path: otherPath, value: 0, reading: 0 }));
    this.#grow(total, growthOf(member, value), shown);
    member.other = total;
    member.value = value;
  }

  #member(path: readonly string[], value: number): Member {
    let member = this.#members.get(path);
    if (!member) this.#members.set(path, (member = { value, shown: undefined, other: undefined, reading: 0 }));
    member.reading = this.#reading;
    this.#present += 1;
    return member;
  }

  #grow(total: Total, growth: number, shown: Breakdown): void {
    total.value += growth;
    total.reading = this.#reading;
    shown.put(total.path, total.value);
  }
}

const growthOf = ({ value: before }: Member, value: number): number => (value >= before ? value - before : value);

/** The next value of a series: the counter's own value, unless it was shifted and readers would not see that the counter has restarted. */
function nextOf({ shown, value: before }: Member, value: number, growth: number): number {
  if (shown === undefined || shown === before) return value;
  return value < before && value < shown ? value : shown + growth;
}

/** Removes what has been absent for longest, until half of the maximum is left. */
function forget(map: PathMap<{ readonly reading: number }>, reading: number): void {
  const absent = [...map.entries()].filter(([, each]) => each.reading < reading).sort(([, a], [, b]) => a.reading - b.reading);
  for (const [path] of absent.slice(0, Math.max(0, absent.length - MAX_ABSENT / 2))) map.delete(path);
}
