import { messageOf } from "../base/errors.ts";
import { quoted } from "../base/suggest.ts";
import { ApiError, requestsTo, type Request, type RequestDefaults } from "../client/api.ts";
import { serverToken } from "../config/server-token.ts";
import { healthReport } from "../answer/health.ts";
import { reachable } from "./health-query.ts";
import { openConfig } from "./open-config.ts";
import { EXIT, UsageError, type CommonOptions } from "./usage.ts";

/** A running collector, as a command reaches it. */
export interface Endpoint {
  /** URL that the paths of the API are appended to; it ends in `/`. */
  readonly base: string;
  /** Host and port. */
  readonly host: string;
  /** The token, and that redirects are not followed. */
  readonly defaults: RequestDefaults;
  readonly request: Request;
}

/** Why a collector does not respond as one: the exit code for it, and a line for people. */
export interface Unavailable {
  readonly code: number;
  readonly text: string;
}

/**
 * The collector that a command line names: by a URL, or by the server's address in the configuration. The token is that of the
 * configuration in both cases.
 *
 * @throws UsageError for more than one argument, and one that is not the URL of a collector; VitalsError as `openConfig`
 */
export async function endpointOf(common: CommonOptions, positionals: readonly string[]): Promise<Endpoint> {
  const [text, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`unexpected argument ${quoted(extra)}; expected at most one URL`);
  const url = text === undefined ? undefined : urlOf(text);
  const config = await openConfig(common, (line) => console.error(line));
  const { host, port } = config.server;
  return endpointAt(url ?? new URL(`http://${reachable(host)}:${port}/`), await serverToken(config));
}

/** A collector at a URL. @param token empty for none */
export function endpointAt({ origin, pathname, host }: URL, token: string): Endpoint {
  const defaults: RequestDefaults = { redirect: "manual", headers: token === "" ? {} : { authorization: `Bearer ${token}` } };
  const base = `${origin}${pathname.replace(/\/*$/, "/")}`;
  return { base, host, defaults, request: requestsTo(base, defaults) };
}

/** A URL of the command line. @throws UsageError if it is none, or contains credentials, which other users of the machine would see */
export function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const found = /[@?#]/.test(text) ? "text (hidden)" : quoted(text);
    throw new UsageError(`expected the URL of a collector, such as http://127.0.0.1:9464, found ${found}`);
  }
  if (url.username === "" && url.password === "") return url;
  throw new UsageError("expected a URL without credentials; the token is that of collector.server.token or token_file");
}

/** Checks whether a collector responds and accepts the token; undefined if so. Never rejects. */
export async function unavailable({ request, host }: Endpoint): Promise<Unavailable | undefined> {
  try {
    const parsed = healthReport.safeParse(await request("api/v1/health"));
    if (parsed.success) return undefined;
    return { code: EXIT.unreachable, text: `no collector responds at ${host}: expected the health of a collector, found other JSON` };
  } catch (error) {
    return whyUnavailable(error, host);
  }
}

const UNAUTHORIZED = 401;

/** What an error of a request says about a collector. */
export function whyUnavailable(error: unknown, host: string): Unavailable {
  if (error instanceof ApiError) {
    const { status, message } = error;
    if (status === UNAUTHORIZED) {
      const text = `the collector at ${host} requires its token; set collector.server.token or token_file, such as with --set`;
      return { code: EXIT.failure, text };
    }
    // Any other server responds with such a status as well.
    return { code: EXIT.unreachable, text: `no collector responds at ${host}: status ${status}: ${message}` };
  }
  const cause = (error as { readonly cause?: unknown }).cause ?? error;
  const code = (cause as { readonly code?: unknown }).code;
  return { code: EXIT.unreachable, text: `no collector responds at ${host}: ${typeof code === "string" ? code : messageOf(cause)}` };
}
