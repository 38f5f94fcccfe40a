import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { VitalsError } from "../../base/errors.ts";

/** Longer than any token; a file beyond it is not one. */
const TOKEN_FILE_BYTES = 16 * 1024;

/** Whether HTTP lets a header have this name and value. What `fetch` says of one that it refuses would hold the value. */
export function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}

/**
 * The token that a file holds, without white space around it; empty for none.
 *
 * @throws VitalsError `source_failed` when the file cannot be read or holds no token
 */
export async function readToken(file: string, baseDir: string): Promise<string> {
  const text = await readStart(resolve(baseDir, file)).catch((error: unknown) => {
    throw refused(file, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "no reason given"}`, error);
  });
  if (text.length > TOKEN_FILE_BYTES) throw refused(file, `expected a token, found more than ${TOKEN_FILE_BYTES} bytes`);
  const token = text.toString("utf8").trim();
  if (!isHeader("authorization", token)) throw refused(file, "expected a token on one line, found what HTTP does not allow in a header");
  return token;
}

function refused(file: string, reason: string, cause?: unknown): VitalsError {
  return new VitalsError("source_failed", `token_file "${file}": ${reason}`, { cause, retryable: true });
}

/** One byte more than a token may have, whatever the file's size says: a device has none. */
async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path);
  const start = Buffer.alloc(TOKEN_FILE_BYTES + 1);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  return start.subarray(0, bytesRead);
}
