import type { Context } from "hono";
import { createHash } from "node:crypto";
import { basePath } from "hono/route";
import { canonicalHost, isAllowedHost } from "../../base/address.ts";
import { escaped } from "./escaped.ts";

/** What a problem says. */
export interface ShownProblem {
  readonly kind: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** Whether the client is a browser that opens an address. */
export const wantsHtml = (c: Context): boolean => /\btext\/html\b/.test(c.req.header("accept") ?? "");

const STYLE =
  "body{max-width:44rem;margin:12vh auto;padding:0 20px;font:16px/1.5 system-ui,sans-serif}h1{font-size:1.4rem}" +
  "pre{padding:12px;border:1px solid;border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere}footer{margin-top:2rem;font-size:14px}";

/** Nothing is loaded: a name that is not allowed gets no stylesheet either. */
export const PROBLEM_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; frame-ancestors 'none'`;

/** A problem as a page for a person: what happened and what to do about it. */
export function problemPage(c: Context, problem: ShownProblem): string {
  const { heading, body } = (ADVICE[problem.kind] ?? general)(c, problem);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>${escaped(heading)} · otel-vitals</title><style>${STYLE}</style></head><body><main><h1>${escaped(heading)}</h1>`,
    ...body,
    `</main><footer>otel-vitals · ${problem.status} ${escaped(problem.title)}</footer></body></html>`,
  ].join("");
}

interface Advice {
  readonly heading: string;
  /** Markup. */
  readonly body: readonly string[];
}

const ADVICE: Readonly<Record<string, (c: Context, problem: ShownProblem) => Advice>> = {
  "foreign-host": (c) => {
    const name = nameOf(c);
    const called = name === undefined ? "by a name" : `as <strong>${escaped(name)}</strong>, a name`;
    return {
      heading: "This collector does not know this host name",
      body: [
        `<p>The browser called it ${called} that is not in its configuration. It answers only to names that it knows, so that another web page`,
        " cannot read it through a name of its own.</p>",
        ...(name === undefined
          ? []
          : [
              "<p>If this is the right address, add the name to <code>allowed_hosts</code> in the configuration file, and reload or restart",
              ` the collector:</p><pre>collector:\n  server:\n    allowed_hosts: [${escaped(JSON.stringify(name))}]</pre>`,
              "<p>A program that serves the collector itself passes the name as <code>allowedHosts</code>.</p>",
            ]),
        "<p>On the machine of the collector, <code>localhost</code> always works.</p>",
      ],
    };
  },
  unauthorized: (c) => {
    const page = `<a href="${pageOf(c)}">live page</a>`;
    return {
      heading: "Sign in to see this",
      body: [
        `<p>This address of the collector needs its access token. Open the ${page} and sign in with the token, then open this address again.</p>`,
        "<p>Programs send it as <code>Authorization: Bearer</code>.</p>",
        "<p>The token is set in the configuration, as <code>collector.server.token</code> or in the file that <code>token_file</code> names.</p>",
      ],
    };
  },
};

const general = (c: Context, { title, detail }: ShownProblem): Advice => {
  const page = pageOf(c);
  return { heading: title, body: [`<p>${escaped(detail)}</p>`, ...(page === undefined ? [] : [`<p><a href="${page}">Live page</a></p>`])] };
};

/** The name in the Host header; undefined if no configuration can contain it. */
function nameOf(c: Context): string | undefined {
  const name = canonicalHost((c.req.header("host") ?? "").replace(/:\d+$/, ""));
  return name !== "" && name !== "*" && isAllowedHost(name) ? name : undefined;
}

/** By request, the path that the app with the live page is mounted at, without a slash at its end. */
const mounts = new WeakMap<Context, string>();

/** Notes where the app of a request is mounted. For its first handler: a later one may be that of an app within it. */
export const noteMount = (c: Context): void => void mounts.set(c, basePath(c).replace(/\/$/, ""));

/** The live page, relative to the address that was opened; undefined where no page is served. */
function pageOf(c: Context): string | undefined {
  const mount = mounts.get(c);
  if (mount === undefined) return undefined;
  const below = depthOf(c.req.path) - depthOf(mount);
  // The page's own address without the slash at its end.
  if (below === 0) return `./${c.req.path.slice(c.req.path.lastIndexOf("/") + 1)}/`;
  return "../".repeat(below - 1) || "./";
}

const depthOf = (path: string): number => path.split("/").length - 1;
