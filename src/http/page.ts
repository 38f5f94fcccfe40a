import type { Context, MiddlewareHandler } from "hono";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Only what the collector itself serves, nothing inline, nowhere to send anything but here. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");

/** What a browser is told where there is no page. */
export const NOT_BUILT = "the page was not built; run: npm run build:page";

/** The build names these files by what is in them. */
const HASHED = /-[A-Z0-9]{8}\.(js|css)$/;

/** Serves the page and its files; they are read once, when the first is asked for. */
export class Page {
  readonly #folder: string | undefined;
  #assets: Promise<Assets> | undefined;

  /** @param folder default: where the build puts it */
  constructor(folder?: string) {
    this.#folder = folder;
  }

  /** The page, for a browser; anyone else, and everyone where it was not built, gets what comes next. */
  index(): MiddlewareHandler {
    return async (c, next) => {
      c.header("vary", "accept");
      const index = wantsHtml(c) ? (await this.#read()).get(INDEX) : undefined;
      if (!index) return next();
      // Everything in the page is relative to it, so it has to be the folder that it stands for.
      if (!c.req.path.endsWith("/")) return c.redirect(`./${c.req.path.slice(c.req.path.lastIndexOf("/") + 1)}/`, 308);
      c.header("content-security-policy", POLICY);
      return send(c, index, "no-cache");
    };
  }

  /** `/page/:file`. */
  file(): MiddlewareHandler {
    return async (c, next) => {
      const name = c.req.param("file") ?? "";
      const asset = name === INDEX ? undefined : (await this.#read()).get(name);
      return asset ? send(c, asset, HASHED.test(name) ? "public, max-age=31536000, immutable" : "no-cache") : next();
    };
  }

  #read(): Promise<Assets> {
    return (this.#assets ??= readAssets(this.#folder));
  }
}

/**
 * Lets through only the place the app is mounted at, of all that a route ending in `/*` matches. `/` alone would not match `/vitals/`
 * of an app that is mounted at `/vitals`.
 */
export const atRoot: MiddlewareHandler = async (c, next) => {
  const depth = c.req.path.replace(/\/$/, "").split("/").length;
  return depth === c.req.routePath.split("/").length - 1 ? next() : c.notFound();
};

/** Whether a browser asks, and not a program. */
export const wantsHtml = (c: Context): boolean => /\btext\/html\b/.test(c.req.header("accept") ?? "");

function send(c: Context, { type, bytes, gzipped, etag }: Asset, caching: string): Response {
  c.header("etag", etag);
  c.header("cache-control", caching);
  c.header("vary", "accept, accept-encoding");
  if (c.req.header("if-none-match")?.includes(etag)) return c.body(null, 304);
  c.header("content-type", type);
  if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) return c.body(bytes);
  c.header("content-encoding", "gzip");
  return c.body(gzipped);
}

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
