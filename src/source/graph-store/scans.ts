import { VitalsError } from "../../base/errors.ts";
import { scan, type ScanJob, type ScanResult } from "./scan.ts";

/** A scan may start this much early, as a share of the interval: readings come a few milliseconds early or late. */
const EARLY_SHARE = 0.9;

/** The scans of one source: for each sample type at most once every interval, and never two at a time. */
export class Scans implements AsyncDisposable {
  readonly #intervalMs: number;
  readonly #monotonicMs: () => number;
  readonly #scan: typeof scan;
  readonly #closing = new AbortController();
  /** By sample type, when the newest scan started. */
  readonly #startedMs = new Map<string, number>();
  /** Sample types whose scan runs or waits. Without this, scans that take longer than their interval would queue up. */
  readonly #pending = new Set<string>();
  /** By sample type, the result that no sample has carried yet. */
  readonly #results = new Map<string, ScanResult>();
  #turn: Promise<void> = Promise.resolve();

  /** @param run replaces the scan in tests */
  constructor(intervalMs: number, monotonicMs: () => number, run: typeof scan = scan) {
    this.#intervalMs = intervalMs;
    this.#monotonicMs = monotonicMs;
    this.#scan = run;
  }

  /** Whether a scan of a type is due; not while the previous one is in progress. */
  isDue(type: string): boolean {
    if (this.#pending.has(type)) return false;
    const startedMs = this.#startedMs.get(type);
    return startedMs === undefined || this.#monotonicMs() - startedMs >= EARLY_SHARE * this.#intervalMs;
  }

  /** Whether a scan of a type runs or waits. */
  isPending(type: string): boolean {
    return this.#pending.has(type);
  }

  /** Starts a scan, after those in progress. Resolves when its result can be taken, or it was given up. */
  start(type: string, job: ScanJob): Promise<void> {
    this.#startedMs.set(type, this.#monotonicMs());
    this.#pending.add(type);
    const previous = this.#turn;
    this.#turn = this.#run(type, job, previous);
    return this.#turn;
  }

  async #run(type: string, job: ScanJob, previous: Promise<void>): Promise<void> {
    await previous;
    const { signal } = this.#closing;
    const result = signal.aborted ? undefined : await this.#scan(job, signal).catch(() => undefined);
    this.#pending.delete(type);
    if (result) this.#results.set(type, result);
  }

  /** The result of the newest scan of a type, once. */
  take(type: string): ScanResult | undefined {
    const result = this.#results.get(type);
    this.#results.delete(type);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new VitalsError("lifecycle", "the source is closed"));
    await this.#turn;
  }
}
