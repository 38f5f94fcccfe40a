import { closeSync, openSync, readSync } from "node:fs";

const FIRST_SIZE = 4_096;

/** More than any file of `/proc` this reads has on a large machine. */
const LARGEST_SIZE = 4 * 1024 * 1024;

/**
 * A file of `/proc` or `/sys` that stays open: reading it again from its start makes the kernel write it anew, and costs a fifth
 * of opening it each time. A file that cannot be opened, as in a hardened container, reads as undefined for good.
 */
export class HeldFile implements Disposable {
  readonly #fd: number | undefined;
  #buffer = Buffer.allocUnsafe(FIRST_SIZE);

  constructor(path: string) {
    try {
      this.#fd = openSync(path, "r");
    } catch {
      this.#fd = undefined;
    }
  }

  /** What the file says now; valid until the next read. Undefined when it cannot be read. */
  read(): Uint8Array | undefined {
    if (this.#fd === undefined) return undefined;
    try {
      for (;;) {
        const length = this.#fill(this.#fd);
        if (length < this.#buffer.length || this.#buffer.length >= LARGEST_SIZE) return this.#buffer.subarray(0, length);
        this.#buffer = Buffer.allocUnsafe(this.#buffer.length * 2);
      }
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  /** Reads until the end or until the buffer is full: the kernel hands out a page at a time. */
  #fill(fd: number): number {
    let length = 0;
    while (length < this.#buffer.length) {
      const read = readSync(fd, this.#buffer, length, this.#buffer.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return length;
  }
}
