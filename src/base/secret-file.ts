import { resolve } from "node:path";
import { messageOf, VitalsError } from "./errors.ts";
import type { Logger } from "./logger.ts";
import { quantity } from "./quantity.ts";
import { NotRegularFileError, openRegularFile } from "./regular-file.ts";

/** Maximum size of the file, more than any token or password has. */
const FILE_BYTES = 16 * 1024;

/** What a file contains, for its messages and checks. */
export interface SecretFileSettings {
  /** The option with the path, such as `token_file`. */
  readonly option: string;
  /** What it contains: `token`. */
  readonly noun: string;
  /** What is wrong with a text that is not empty; undefined if nothing is. The message must not contain the text. */
  readonly problem: (text: string) => string | undefined;
}

/** A file that contains a secret. It is read at each use, so that a secret that was replaced is used at once. */
export class SecretFile {
  readonly #file: string;
  readonly #path: string;
  readonly #settings: SecretFileSettings;
  readonly #logger: Logger;
  /** The newest valid secret. */
  #secret: string | undefined;
  #reading: Promise<string> | undefined;
  #isFailing = false;

  constructor(file: string, baseDir: string, settings: SecretFileSettings, logger: Logger) {
    this.#file = file;
    this.#path = resolve(baseDir, file);
    this.#settings = settings;
    this.#logger = logger;
  }

  /**
   * The secret, without surrounding white space. While the file cannot be read after it once could, such as while it is being replaced, the
   * previous secret.
   *
   * @throws VitalsError `source_failed` if the file never contained a valid secret
   */
  async read(): Promise<string> {
    try {
      // One at a time: a file system that does not answer must not hold a thread for each request.
      this.#secret = await (this.#reading ??= this.#readFile().finally(() => (this.#reading = undefined)));
      this.#isFailing = false;
      return this.#secret;
    } catch (error) {
      if (this.#secret === undefined) throw error;
      if (!this.#isFailing) this.#logger.warn(`${messageOf(error)}; the previous ${this.#settings.noun} remains in use`);
      this.#isFailing = true;
      return this.#secret;
    }
  }

  async #readFile(): Promise<string> {
    const { noun, problem } = this.#settings;
    const bytes = await readStart(this.#path).catch((error: unknown) => {
      const reason = `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown reason"}`;
      throw this.#refused(error instanceof NotRegularFileError ? error.message : reason, error);
    });
    if (bytes.length > FILE_BYTES) throw this.#refused(`expected a ${noun}, found more than ${quantity(FILE_BYTES, "By")}`);
    const text = bytes.toString("utf8").trim();
    if (text === "") throw this.#refused(`expected a ${noun}, found an empty file`);
    const found = problem(text);
    if (found !== undefined) throw this.#refused(found);
    return text;
  }

  #refused(reason: string, cause?: unknown): VitalsError {
    return new VitalsError("source_failed", `${this.#settings.option} "${this.#file}": ${reason}`, { cause, retryable: true });
  }
}

/** Reads one byte more than a secret may have. */
async function readStart(path: string): Promise<Buffer> {
  await using file = await openRegularFile(path);
  const start = Buffer.alloc(FILE_BYTES + 1);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  return start.subarray(0, bytesRead);
}
