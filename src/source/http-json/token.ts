import type { Logger } from "../../base/logger.ts";
import { SecretFile } from "../../base/secret-file.ts";

/** Whether a header is valid. Checked here, because the error of `fetch` would contain the value. */
export function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}

/** The file with the token of a source. */
export const tokenFile = (file: string, baseDir: string, logger: Logger): SecretFile =>
  new SecretFile(file, baseDir, { option: "token_file", noun: "token", problem: tokenProblem }, logger);

const tokenProblem = (text: string): string | undefined =>
  isHeader("authorization", text) ? undefined : "expected a token on one line that is valid in an HTTP header, found text (hidden)";
