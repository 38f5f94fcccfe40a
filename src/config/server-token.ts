import { resolve } from "node:path";
import { messageOf, VitalsError } from "../base/errors.ts";
import { EXPECTED_TOKEN, isToken } from "../base/token.ts";
import { readTextFile } from "./read-file.ts";
import type { ServerOptions } from "./file-schema.ts";

/** More than any token has. */
const MAX_BYTES = 16 * 1024;

/** What is needed to find the token. */
interface TokenPlace {
  readonly server: Pick<ServerOptions, "token" | "token_file">;
  /** Folder that the path of the file is relative to. */
  readonly baseDir: string;
}

/**
 * The bearer token that clients of the server send; empty for none. That of a file may end with one line break.
 *
 * @throws VitalsError `config_unreadable` when its file cannot be read, `config_invalid` when it has no token; never with the token
 */
export async function serverToken({ server: { token, token_file: file }, baseDir }: TokenPlace): Promise<string> {
  if (file === undefined) return token;
  const text = await readTextFile(resolve(baseDir, file), MAX_BYTES).catch((error: unknown) => {
    throw new VitalsError("config_unreadable", `collector.server.token_file: ${messageOf(error)}`, { cause: error });
  });
  const found = text.replace(/\r?\n$/, "");
  if (isToken(found)) return found;
  const what = found === "" ? "an empty file" : `${/[\r\n]/.test(found) ? "several lines" : "text"} (hidden)`;
  throw new VitalsError("config_invalid", `collector.server.token_file: ${EXPECTED_TOKEN}; found ${what}`);
}
