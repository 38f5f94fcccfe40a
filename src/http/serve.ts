import { isLoopback } from "../base/address.ts";
import { VitalsError } from "../base/errors.ts";
import { diagLogger, type Logger } from "../base/logger.ts";
import type { Collector } from "../collector/collector.ts";
import { HostNames } from "./access.ts";
import { buildApp, type AppOptions } from "./app.ts";
import { failureLog } from "./failures.ts";
import { hostGuard } from "./guard.ts";
import { listen, type ListenOptions, type VitalsServer } from "./listen.ts";
import { accessOptions, checkOptions, metricsOptions, serveOptions } from "./options.ts";
import { createMetricsApp, type ScrapeText } from "./metrics.ts";

/** What `serve` takes: where to listen, and the options of the app. */
export interface ServeOptions extends AppOptions, ListenOptions {
  /**
   * Names beside loopback names that a Host header may have; `*` allows any. Default: none if `host` is a loopback address, so that a
   * web page cannot reach the server through a DNS name of its own; any otherwise.
   */
  readonly allowedHosts?: readonly string[];
  /** Allows an address that other machines can reach without a token. Default false. */
  readonly insecure?: boolean;
}

/** Who may use a server, as `serve` takes it. */
export type Access = Pick<ServeOptions, "token" | "allowedHosts">;

/** The server of a collector. */
export interface CollectorServer extends VitalsServer {
  /**
   * Replaces the token and the names that a Host header may have, from the next request on; what is absent has its default again. A changed
   * token signs every browser out and ends every event stream with a `bye`, so that each client authenticates anew.
   *
   * @throws VitalsError `config_invalid` for what `serve` refuses; nothing is changed then
   */
  setAccess(access: Access): void;
}

/**
 * Serves a collector over HTTP: probes, `/health`, `/metrics` if `metrics` is given, the API, the event stream and the page. It works
 * before `collector.start()` and after `collector.shutdown()`; until the start, `/readyz` returns 503.
 *
 * `close` ends the event streams with a `bye`, closes all connections and releases what the app held of the collector. It does not shut
 * the collector down.
 *
 * @throws VitalsError `config_invalid` for options of the wrong type and for unknown ones, and if `host` is not a loopback address and there is neither a `token` nor `insecure: true`;
 *   `listen_failed` when the address cannot be bound
 */
export async function serve(collector: Collector, options: ServeOptions = {}): Promise<CollectorServer> {
  checkOptions(serveOptions, options, "serve");
  const { host = "127.0.0.1" } = options;
  refuseOpen(options);
  const allowedHosts = namesOf(host, options.allowedHosts);
  const built = buildApp(collector, { ...options, ...(allowedHosts ? { allowedHosts } : {}) }, metricsNamesOf(host, options.allowedHosts));
  const server = await listen(built.app, listenOptionsOf(options));
  const close = (): Promise<void> => {
    built.close();
    return server.close();
  };
  const setAccess = (access: Access): void => {
    checkOptions(accessOptions, access, "setAccess");
    refuseOpen({ ...options, token: access.token ?? "" });
    built.hosts.replace(namesOf(host, access.allowedHosts));
    built.metricsHosts.replace(metricsNamesOf(host, access.allowedHosts));
    const { token = "" } = access;
    if (token === built.token.text) return;
    built.token.replace(token);
    built.endStreams();
  };
  return { ...server, setAccess, close, [Symbol.asyncDispose]: close };
}

/** @throws VitalsError `config_invalid` for an address that other machines reach without a token, unless it is allowed explicitly */
function refuseOpen({ host = "127.0.0.1", insecure = false, token = "" }: ServeOptions): void {
  if (isLoopback(host) || token !== "" || insecure) return;
  throw new VitalsError(
    "config_invalid",
    `refusing to listen on "${host}" without a token, because other machines can reach it; ` +
      "set a token (collector.server.token or token_file in a configuration file), or allow it with insecure: true",
  );
}

/** What `serveMetrics` takes. */
export interface MetricsServeOptions extends ListenOptions {
  /** Names beside loopback names that a Host header may have; `*` allows any. Default: as for `serve`. */
  readonly allowedHosts?: readonly string[];
  /** Logs internal errors with their stack, which no client sees. Default: OpenTelemetry's `diag`. */
  readonly logger?: Logger;
}

/** A server of `/metrics` alone. */
export interface MetricsServer extends VitalsServer {
  /**
   * Replaces the names that a Host header may have, from the next request on; absent for the default.
   *
   * @throws VitalsError `config_invalid` for what `serveMetrics` refuses; nothing is changed then
   */
  setAccess(access: Pick<Access, "allowedHosts">): void;
}

/**
 * Serves only `/metrics`, without a token: for a pull reader with an address of its own.
 *
 * @param scrape a `Telemetry`'s `scrape`
 * @throws VitalsError `config_invalid` for options of the wrong type; `listen_failed` when the address cannot be bound
 */
export async function serveMetrics(scrape: ScrapeText, options: MetricsServeOptions = {}): Promise<MetricsServer> {
  checkOptions(metricsOptions, options, "serveMetrics");
  const { host = "127.0.0.1", allowedHosts, logger = diagLogger } = options;
  const hosts = new HostNames(namesOf(host, allowedHosts));
  const app = createMetricsApp(scrape, hostGuard(hosts), failureLog(logger));
  const server = await listen(app, listenOptionsOf(options));
  const setAccess = (access: Pick<Access, "allowedHosts">): void => {
    checkOptions(accessOptions.omit({ token: true }), access, "setAccess");
    hosts.replace(namesOf(host, access.allowedHosts));
  };
  return { ...server, setAccess };
}

/** Names that a Host header may have beside loopback names: those given, and the address itself. Undefined for any. */
function namesOf(host: string, allowedHosts: readonly string[] | undefined): readonly string[] | undefined {
  if (allowedHosts) return [...allowedHosts, host];
  return isLoopback(host) ? [] : undefined;
}

/**
 * The same for `/metrics`. On an address that other machines reach, scrapers use names that no configuration lists; a web page could read nothing there
 * that it cannot read itself.
 */
function metricsNamesOf(host: string, allowedHosts: readonly string[] | undefined): readonly string[] | undefined {
  return !isLoopback(host) && allowedHosts?.length === 0 ? undefined : namesOf(host, allowedHosts);
}

function listenOptionsOf({ host, port, maxConnections }: ListenOptions): ListenOptions {
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(maxConnections === undefined ? {} : { maxConnections }),
  };
}
