import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { VitalsError } from "../../base/errors.ts";
import { quantity } from "../../base/quantity.ts";

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

/**
 * Reads the token of a file, without surrounding white space; empty if the file is.
 *
 * @throws VitalsError `source_failed` if the file cannot be read or contains no valid token
 */
export async function readToken(file: string, baseDir: string): Promise<string> {
  const text = await readStart(resolve(baseDir, file)).catch((error: unknown) => {
    throw refused(file, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown reason"}`, error);
  });
  if (text.length > TOKEN_FILE_BYTES) throw refused(file, `expected a token, found more than ${quantity(TOKEN_FILE_BYTES, "By")}`);
  const token = text.toString("utf8").trim();
  if (!isHeader("authorization", token))
    throw refused(file, "expected a token on one line that is valid in an HTTP header, found text (hidden)");
  return token;
}

function refused(file: string, reason: string, cause?: unknown): VitalsError {
  return new VitalsError("source_failed", `token_file "${file}": ${reason}`, { cause, retryable: true });
}

/** Reads one byte more than a token may have, and ignores the file's size: that of a device is zero. */
async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path);
  const start = Buffer.alloc(TOKEN_FILE_BYTES + 1);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  return start.subarray(0, bytesRead);
}
