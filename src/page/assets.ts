import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);

/** One file of the page, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** The page's files by name; empty where it was not built. */
export type Assets = ReadonlyMap<string, Asset>;

/** Name of the file that is the page itself. */
export const INDEX = "index.html";

/** Where the build puts the page: beside `src` and `dist`, so that both find it at the same place. */
export const PAGE_FOLDER = fileURLToPath(new URL("../../page/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Reads the built page: a handful of small files, compressed once for all answers. A folder that is not there has none. */
export async function readAssets(folder: string = PAGE_FOLDER): Promise<Assets> {
  const names = await readdir(folder).catch((): string[] => []);
  const served = names.filter((name) => TYPES[extname(name)] !== undefined);
  return new Map(await Promise.all(served.map(async (name) => [name, await readAsset(join(folder, name))] as const)));
}

async function readAsset(file: string): Promise<Asset> {
  const bytes = Uint8Array.from(await readFile(file));
  return {
    type: TYPES[extname(file)] as string,
    bytes,
    gzipped: Uint8Array.from(await compress(bytes, { level: 9 })),
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 20)}"`,
  };
}
