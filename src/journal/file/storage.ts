import type { Clock } from "../../base/clock.ts";
import { claimFolder, type Claim } from "./claim.ts";
import type { Files } from "./files.ts";
import { RESERVED_NUMBERS } from "./header.ts";
import { Segments, type Batch, type SegmentLimits } from "./segments.ts";

export interface StorageOptions {
  readonly dir: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly limits: SegmentLimits;
}

/** What the engine has found when it opened. */
export interface Start {
  readonly id: string;
  readonly head: number;
  /** Undefined if the folder cannot be written. */
  readonly claim: Claim | undefined;
  readonly segments: Segments;
  readonly values: Map<string, string>;
}

/** How often removed files are noticed. */
const CHECK_MS = 10_000;

const never = new AbortController().signal;

/** The folder on disk: claims it, reserves numbers in it and writes to it. One call at a time, and one `sync` beside it. */
export class Storage {
  readonly #options: StorageOptions;
  readonly #id: string;
  /** Values as of the newest record. */
  readonly #saved: Map<string, string>;
  #claim: Claim | undefined;
  #segments: Segments;
  #reserved: number;
  /** When to check again whether files were removed. */
  #checkMs = 0;

  constructor(options: StorageOptions, { claim, head, id, segments, values }: Start) {
    this.#options = options;
    this.#id = id;
    this.#claim = claim;
    this.#segments = segments;
    this.#saved = values;
    this.#reserved = claim?.reserved ?? head;
  }

  get segments(): Segments {
    return this.#segments;
  }

  value(name: string): string | undefined {
    return this.#saved.get(name);
  }

  /** Whether the folder has to be claimed, or numbers have to be reserved. */
  isUnprepared(head: number): boolean {
    return !this.#claim || head + RESERVED_NUMBERS / 2 > this.#reserved;
  }

  /** @returns what was set aside, for people */
  async prepare(head: number): Promise<readonly string[]> {
    const isNew = !this.#claim;
    const claim = this.#claim ?? (await this.#claimAgain(head));
    if (!isNew) {
      const reserved = head + RESERVED_NUMBERS;
      await claim.header.write({ id: this.#id, reserved });
      this.#reserved = reserved;
    }
    return isNew ? claim.reports : [];
  }

  async write(batch: Batch): Promise<void> {
    await this.#segments.write(batch, this.#saved, this.#options.clock.monotonicMs());
    for (const [name, value] of batch.values) this.#saved.set(name, value);
  }

  async removeOld(): Promise<void> {
    if (this.#segments.isRemovalDue) await this.#segments.removeOld(this.#options.clock.monotonicMs());
  }

  /** Resolves once what was written before the call survives a loss of power. */
  async sync(): Promise<void> {
    const claim = this.#claim;
    await this.#segments.sync();
    // The folder may have been given up meanwhile.
    if (claim && claim === this.#claim) await this.#checkPresence(claim);
  }

  /** Gives up a folder that was removed; the next `prepare` makes it again. */
  async abandon(): Promise<void> {
    const claim = this.#claim;
    this.#claim = undefined;
    await this.#segments.close().catch(() => {});
    await claim?.lock.release().catch(() => {});
  }

  /** @param head the next journal continues above it */
  async close(head: number): Promise<void> {
    const claim = this.#claim;
    if (!claim) return;
    try {
      await this.sync();
      await this.#segments.close();
      await claim.header.write({ id: this.#id, reserved: head });
    } finally {
      await claim.lock.release();
    }
  }

  /** @throws if the file that is written, or the lock, was removed */
  async #checkPresence(claim: Claim): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#checkMs) return;
    this.#checkMs = nowMs + CHECK_MS;
    const isPresent = (await this.#segments.isLinked()) && (await claim.lock.isVisible());
    if (isPresent || claim !== this.#claim) return;
    throw Object.assign(new Error(`files in ${this.#options.dir} were removed`), { code: "ENOENT" });
  }

  async #claimAgain(head: number): Promise<Claim> {
    const claim = await claimFolder({ ...this.#options, waitMs: 0, signal: never, running: { id: this.#id, head } });
    const { nextOrdinal, segments } = claim.loaded;
    // The next segment is a new one: it begins with the values, of which the folder may have older ones.
    for (const segment of segments) segment.isOpen = false;
    const removed = Math.max(this.#segments.removed, ...this.#segments.list.map(({ last }) => last));
    const first = segments.find((segment) => segment.first !== undefined)?.first;
    const { dir, files, limits } = this.#options;
    this.#segments = new Segments(dir, files, limits, segments, nextOrdinal, first === undefined ? removed : first - 1);
    this.#reserved = claim.reserved;
    this.#claim = claim;
    return claim;
  }
}
