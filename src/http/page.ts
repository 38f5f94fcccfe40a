import type { Context, MiddlewareHandler } from "hono";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { wantsHtml } from "./api/problem-page.ts";

/** Allows only what the collector itself serves: nothing inline, no other origin. */
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

/** Shown to a browser if the page is missing. */
export const NOT_BUILT = "the page is not built; run: npm run build:page";

/** The build names these files by a hash of their content. */
const HASHED = /-[A-Z0-9]{8}\.(js|css)$/;

/** Serves the page and its files, which are read once, at the first request. */
export class Page {
  readonly #folder: string | undefined;
  #assets: Promise<Assets> | undefined;

  /** @param folder default: the output folder of the build */
  constructor(folder?: string) {
    this.#folder = folder;
  }

  /** The page, for browsers; other clients, and all if the page is not built, get the next handler. */
  index(): MiddlewareHandler {
    return async (c, next) => {
      c.header("vary", "accept");
      const index = wantsHtml(c) ? (await this.#read()).get(INDEX) : undefined;
      if (!index) return next();
      // All URLs in the page are relative, so its own path has to end in a slash.
      if (!c.req.path.endsWith("/")) return c.redirect(`./${c.req.path.slice(c.req.path.lastIndexOf("/") + 1)}/`, 308);
      c.header("content-security-policy", POLICY);
      return send(c, index, "no-cache");
    };
  }

  /** `/page/:file`. */
  file(): MiddlewareHandler {
    return async (c, next) => {
      const name = c.req.param("file") ?? "";
      const asset = name.endsWith(".html") ? undefined : (await this.#read()).get(name);
      return asset ? send(c, asset, HASHED.test(name) ? "public, max-age=31536000, immutable" : "no-cache") : next();
    };
  }

  /**
   * `/runbooks/:name`, also as `:name.md`: the runbook of an alert, or with the name `components` what components are; the next handler for an
   * alert that has no runbook.
   */
  runbook(): MiddlewareHandler {
    return async (c, next) => {
      const name = c.req.param("name")?.replace(/\.md$/, "");
      const asset = (await this.#read()).get(`runbook-${name}.html`);
      if (!asset) return next();
      c.header("content-security-policy", POLICY);
      return send(c, asset, "no-cache");
    };
  }

  #read(): Promise<Assets> {
    return (this.#assets ??= readAssets(this.#folder));
  }
}

/**
 * Whether a request is for the path the app is mounted at, of all paths that a route ending in `/*` matches. `/` alone would not match
 * `/vitals/` of an app that is mounted at `/vitals`.
 */
export function isRoot(c: Context): boolean {
  const depth = c.req.path.replace(/\/$/, "").split("/").length;
  return depth === c.req.routePath.split("/").length - 1;
}

/** Accepts only the path the app is mounted at. */
export const atRoot: MiddlewareHandler = async (c, next) => (isRoot(c) ? next() : c.notFound());

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

/** One file of the page, ready to send. */
export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** The page's files by name; empty if it is not built. */
export type Assets = ReadonlyMap<string, Asset>;

/** Name of the page itself. */
export const INDEX = "index.html";

/** Output folder of the build, beside `src` and `dist`, so that the same relative path is valid in both. */
export const PAGE_FOLDER = fileURLToPath(new URL("../../page/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Reads the built page: a few small files, compressed once for all responses. A missing folder has no files. */
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
