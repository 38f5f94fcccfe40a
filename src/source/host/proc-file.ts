import { closeSync, openSync, readSync } from "node:fs";

const INITIAL_SIZE = 4_096;

/** More than any of these files has on a large machine. */
const MAX_SIZE = 4 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * A file of `/proc` or `/sys` that is kept open: the kernel generates it again for each read from its start, without the cost of opening
 * it. A file that cannot be opened, as in a hardened container, always reads as undefined.
 */
export class ProcFile implements Disposable {
  readonly #maxBytes: number;
  #fd: number | undefined;
  #buffer: Buffer;

  /** @param maxBytes how many bytes to read from the start; default: 4 MiB, more than any such file has */
  constructor(path: string, maxBytes = MAX_SIZE) {
    this.#maxBytes = maxBytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(INITIAL_SIZE, maxBytes));
    try {
      this.#fd = openSync(path, "r");
    } catch {
      this.#fd = undefined;
    }
  }

  /** The complete lines of the file; valid until the next read. Undefined if it cannot be read. */
  read(): Buffer | undefined {
    if (this.#fd === undefined) return undefined;
    try {
      for (;;) {
        const length = this.#fill(this.#fd);
        if (length < this.#buffer.length || length >= this.#maxBytes) return this.#completeLines(length);
        this.#buffer = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, this.#buffer.length * 2));
      }
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    const fd = this.#fd;
    // Cleared before it is closed: the number may soon belong to another file, which must not be read by mistake.
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  /** Reads until the end of the file or of the buffer: the kernel may return less than requested. */
  #fill(fd: number): number {
    let length = 0;
    while (length < this.#buffer.length) {
      const read = readSync(fd, this.#buffer, length, this.#buffer.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return length;
  }

  /** Without a last line that is cut off, whose number could be incomplete. */
  #completeLines(length: number): Buffer {
    const end = length === 0 || this.#buffer[length - 1] === NEWLINE ? length : this.#buffer.lastIndexOf(NEWLINE, length - 1) + 1;
    return this.#buffer.subarray(0, end);
  }
}
