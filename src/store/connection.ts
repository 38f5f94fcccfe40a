import { readFile } from "node:fs/promises";
import { messageOf, VitalsError } from "../base/errors.ts";

/** How a server is reached. Paths are absolute. */
export interface ConnectionSettings {
  readonly url: string;
  /** Empty for the server's default user. */
  readonly user: string;
  /** The password as it is now; empty for none. */
  readonly password: string;
  /** Files in PEM format. Absent: as the URL says, with the certificate authorities that Node trusts. */
  readonly tls?: TlsFiles;
}

export interface TlsFiles {
  /** Certificates of the authorities that may have signed the server's certificate. */
  readonly ca?: string;
  /** The client's certificate, and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** The contents of the files of a TLS connection, read at each connection because certificates are renewed. */
export async function tlsContents({ ca, cert, key }: TlsFiles): Promise<{ ca?: string; cert?: string; key?: string }> {
  const read = async (option: string, file: string | undefined): Promise<Record<string, string>> => {
    if (file === undefined) return {};
    try {
      return { [option]: await readFile(file, "utf8") };
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? "unknown reason";
      throw new VitalsError("source_failed", `tls.${option} "${file}" cannot be read: ${reason}`, { cause: error, retryable: true });
    }
  };
  return Object.assign({}, await read("ca", ca), await read("cert", cert), await read("key", key));
}

/**
 * Loads a client library, which is installed only where a store needs it.
 *
 * @throws VitalsError `config_invalid` with the command that installs it
 */
export async function loadClient<Client>(name: string, version: string, load: () => Promise<Client>): Promise<Client> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND")
      throw new VitalsError("source_failed", `the package ${name} cannot be loaded: ${messageOf(error)}`, { cause: error });
    throw new VitalsError("config_invalid", `the package ${name} is not installed; run: npm install ${name}@${version}`, { cause: error });
  }
}

/** Time for opening a connection, and for an answer that has no deadline of its own. Milliseconds. */
export const ANSWER_MS = 10_000;

/** Time that a server has beyond the deadline of a query to report that it ended it. Milliseconds. */
export const GRACE_MS = 5_000;

/** The deadline of a query as servers accept it: a positive whole number of milliseconds. */
export const serverTimeoutMs = (timeoutMs: number): number => Math.min(2 ** 31 - 1, Math.max(1, Math.floor(timeoutMs)));

/** A server's address for messages: without credentials and query. */
export function addressOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** What to do about failures that a reason alone does not explain. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /self.signed certificate|certificate is not trusted|unable to (verify|get)/i,
    "; set tls.ca to the certificate of the authority that signed the server's",
  ],
  [/alert (certificate|bad certificate|handshake failure)|certificate required/i, "; set tls.cert and tls.key"],
];

/** What a failed connection is for its reader. */
export function unreachable(url: string, reason: string, cause: unknown): VitalsError {
  const { code } = cause as { readonly code?: unknown };
  const errorType = typeof code === "string" && /^[A-Z_]{3,40}$/.test(code) ? { errorType: code } : {};
  const advice = ADVICE.find(([pattern]) => pattern.test(reason))?.[1] ?? "";
  return new VitalsError("source_unreachable", `${addressOf(url)}: ${reason}${advice}`, { cause, retryable: true, ...errorType });
}

/** What a server is that does not let the user in. */
export const unauthorized = (url: string, cause: unknown): VitalsError =>
  new VitalsError("source_failed", `${addressOf(url)} refused the user or the password; check user and password or password_file`, {
    cause,
    errorType: "unauthorized",
  });

/** What the server does not permit the user. The error concerns one query, not the connection. */
export const forbidden = (url: string, reason: string, cause: unknown): VitalsError =>
  new VitalsError("source_failed", `${addressOf(url)} does not permit the user a query: ${reason}`, { cause, errorType: FORBIDDEN });

export const FORBIDDEN = "forbidden";
