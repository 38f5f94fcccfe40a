import { closeSync, openSync, readSync } from "node:fs";

const FIRST_SIZE = 4_096;

/** More than any file of `/proc` this reads has on a large machine. */
const LARGEST_SIZE = 4 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * A file of `/proc` or `/sys` that stays open: reading it again from its start makes the kernel write it anew, without the cost
 * of opening it. A file that cannot be opened, as in a hardened container, reads as undefined for good.
 */
export class ProcFile implements Disposable {
  readonly #most: number;
  #fd: number | undefined;
  #buffer: Buffer;

  /** @param most bytes of its beginning to read, for a file whose rest is of no use; default all, up to 4 MiB */
  constructor(path: string, most = LARGEST_SIZE) {
    this.#most = most;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_SIZE, most));
    try {
      this.#fd = openSync(path, "r");
    } catch {
      this.#fd = undefined;
    }
  }

  /** The whole lines that the file has now; valid until the next read. Undefined when it cannot be read. */
  read(): Buffer | undefined {
    if (this.#fd === undefined) return undefined;
    try {
      for (;;) {
        const length = this.#fill(this.#fd);
        if (length < this.#buffer.length || length >= this.#most) return this.#wholeLines(length);
        this.#buffer = Buffer.allocUnsafeSlow(Math.min(this.#most, this.#buffer.length * 2));
      }
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    const fd = this.#fd;
    // Forgotten before it is closed: its number may soon be that of another file, which must not be read by mistake.
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  /** Reads until the end or until the buffer is full: the kernel may hand out less than was asked for. */
  #fill(fd: number): number {
    let length = 0;
    while (length < this.#buffer.length) {
      const read = readSync(fd, this.#buffer, length, this.#buffer.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return length;
  }

  /** A line without an end is cut off, and half a number would pass for a whole one. */
  #wholeLines(length: number): Buffer {
    const whole = length === 0 || this.#buffer[length - 1] === NEWLINE ? length : this.#buffer.lastIndexOf(NEWLINE, length - 1) + 1;
    return this.#buffer.subarray(0, whole);
  }
}
