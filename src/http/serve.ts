import { VitalsError } from "../base/errors.ts";
import type { Collector } from "../collector/collector.ts";
import { buildApp, type AppOptions } from "./app.ts";
import { isLoopback } from "./guard.ts";
import { listen, type ListenOptions, type VitalsServer } from "./listen.ts";
import { checkOptions, listenOptions, serveOptions } from "./options.ts";
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
export async function serve(collector: Collector, options: ServeOptions = {}): Promise<VitalsServer> {
  checkOptions(serveOptions, options, "serve");
  const { host = "127.0.0.1", port, insecure = false, token = "" } = options;
  const isOpen = !isLoopback(host);
  if (isOpen && token === "" && !insecure) {
    throw new VitalsError(
      "config_invalid",
      `refusing to listen on "${host}" without a token, because other machines can reach it; ` +
        "set a token (collector.server.token or token_file in a configuration file), or allow it with insecure: true",
    );
  }
  const built = buildApp(collector, { ...options, ...(isOpen ? {} : { allowedHosts: options.allowedHosts ?? [] }) });
  const server = await listen(built.app, { host, ...(port === undefined ? {} : { port }) });
  const close = (): Promise<void> => {
    built.close();
    return server.close();
  };
  return { ...server, close, [Symbol.asyncDispose]: close };
}

/**
 * Serves only `/metrics`, without a token or a check of the Host header: for a pull reader with an address of its own.
 *
 * @param scrape a `Telemetry`'s `scrape`
 * @throws VitalsError `config_invalid` for options of the wrong type; `listen_failed` when the address cannot be bound
 */
export async function serveMetrics(scrape: ScrapeText, options: ListenOptions = {}): Promise<VitalsServer> {
  checkOptions(listenOptions, options, "serveMetrics");
  return listen(createMetricsApp(scrape), options);
}
