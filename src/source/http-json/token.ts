import { resolve } from "node:path";
import { messageOf, VitalsError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { quantity } from "../../base/quantity.ts";
import { NotRegularFileError, openRegularFile } from "../../base/regular-file.ts";

/** Maximum size of the file, more than any token has. */
const TOKEN_FILE_BYTES = 16 * 1024;

/** Whether a header is valid. Checked here, because the error of `fetch` would contain the value. */
export function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}

/** A file that contains a token. It is read at each request, so that a token that was replaced is used at once. */
export class TokenFile {
  readonly #file: string;
  readonly #path: string;
  readonly #logger: Logger;
  /** The newest valid token. */
  #token: string | undefined;
  #reading: Promise<string> | undefined;
  #isFailing = false;

  constructor(file: string, baseDir: string, logger: Logger) {
    this.#file = file;
    this.#path = resolve(baseDir, file);
    this.#logger = logger;
  }

  /**
   * The token, without surrounding white space. While the file cannot be read after it once could, such as while it is being replaced, the
   * previous token.
   *
   * @throws VitalsError `source_failed` if the file never contained a valid token
   */
  async read(): Promise<string> {
    try {
      // One at a time: a file system that does not answer must not hold a thread for each request.
      this.#token = await (this.#reading ??= this.#readFile().finally(() => (this.#reading = undefined)));
      this.#isFailing = false;
      return this.#token;
    } catch (error) {
      if (this.#token === undefined) throw error;
      if (!this.#isFailing) this.#logger.warn(`${messageOf(error)}; the previous token remains in use`);
      this.#isFailing = true;
      return this.#token;
    }
  }

  async #readFile(): Promise<string> {
    const text = await readStart(this.#path).catch((error: unknown) => {
      const reason = `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown reason"}`;
      throw refused(this.#file, error instanceof NotRegularFileError ? error.message : reason, error);
    });
    if (text.length > TOKEN_FILE_BYTES) throw refused(this.#file, `expected a token, found more than ${quantity(TOKEN_FILE_BYTES, "By")}`);
    const token = text.toString("utf8").trim();
    if (token === "") throw refused(this.#file, "expected a token, found an empty file");
    if (!isHeader("authorization", token))
      throw refused(this.#file, "expected a token on one line that is valid in an HTTP header, found text (hidden)");
    return token;
  }
}

function refused(file: string, reason: string, cause?: unknown): VitalsError {
  return new VitalsError("source_failed", `token_file "${file}": ${reason}`, { cause, retryable: true });
}

/** Reads one byte more than a token may have. */
async function readStart(path: string): Promise<Buffer> {
  await using file = await openRegularFile(path);
  const start = Buffer.alloc(TOKEN_FILE_BYTES + 1);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  return start.subarray(0, bytesRead);
}
