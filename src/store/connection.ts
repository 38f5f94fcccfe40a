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

/** A server's address for messages: without credentials and query. */
export function addressOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** What a failed connection is for its reader. */
export function unreachable(url: string, reason: string, cause: unknown): VitalsError {
  const { code } = cause as { readonly code?: unknown };
  const errorType = typeof code === "string" && /^[A-Z_]{3,40}$/.test(code) ? { errorType: code } : {};
  return new VitalsError("source_unreachable", `${addressOf(url)}: ${reason}`, { cause, retryable: true, ...errorType });
}
