import { isVitalsError, VitalsError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { metricsListeners } from "../config/listeners.ts";
import type { LoadedConfig } from "../config/load.ts";
import { serve, serveMetrics, type CollectorServer, type MetricsServer, type Reload } from "../http/index.ts";
import type { Composition } from "./compose.ts";

/** The servers of the command. */
export interface Servers {
  readonly main: CollectorServer;
  /** One for each pull reader with an address of its own. */
  readonly metrics: readonly MetricsServer[];
}

export interface ServerParts {
  readonly logger: Logger;
  readonly token: string;
  readonly reload?: Reload;
}

/** Starts the configured server, and one for each pull reader with an address of its own. */
export async function openServers(
  config: LoadedConfig,
  { collector, telemetry }: Composition,
  { logger, token, reload }: ServerParts,
): Promise<Servers> {
  const { server, meterProvider } = config;
  const { scrape } = telemetry;
  const main = await serve(collector, {
    host: server.host,
    port: server.port,
    token,
    insecure: server.insecure,
    allowedHosts: server.allowed_hosts,
    publicBadges: server.public_badges,
    maxClients: server.max_clients,
    maxClientsPerAddress: server.max_clients_per_address,
    ...(server.max_connections === undefined ? {} : { maxConnections: server.max_connections }),
    trustedProxies: server.trusted_proxies,
    logger,
    ...(scrape ? { metrics: scrape } : {}),
    ...(reload ? { reload } : {}),
  }).catch(suggestAddress);
  const others: MetricsServer[] = [];
  for (const { host, port } of metricsListeners(meterProvider, server)) {
    if (!scrape) continue;
    try {
      // Metrics hold no secret, and the file configures this address explicitly.
      const names = server.allowed_hosts.length === 0 ? {} : { allowedHosts: server.allowed_hosts };
      others.push(await serveMetrics(scrape, { host, port, logger, ...names }));
    } catch (error) {
      await Promise.all([main, ...others].map((each) => each.close()));
      throw error;
    }
  }
  return { main, metrics: others };
}

/** Says how the command gets an address of its own, where that is what it lacks. */
function suggestAddress(error: unknown): never {
  if (!isVitalsError(error) || error.code !== "listen_failed") throw error;
  throw new VitalsError("listen_failed", `${error.message} (--listen HOST:PORT)`, { cause: error });
}
