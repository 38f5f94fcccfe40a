import type { Collector } from "../collector/collector.ts";
import type { CollectionReport } from "../answer/collection.ts";
import { metricsListeners } from "../config/listeners.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Logger } from "../base/logger.ts";
import { isVitalsError, stackOf, VitalsError } from "../base/errors.ts";
import { serve, serveMetrics, type VitalsServer } from "../http/index.ts";
import type { Sample } from "../sample/sample.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { banner, sampleLine } from "./banner.ts";
import { compose, type Composition } from "./compose.ts";
import { serverToken } from "../config/server-token.ts";
import { exit } from "./exit.ts";
import { EXIT, type CommandLine } from "./usage.ts";
import { hasColor, logSink, Log } from "./log.ts";
import { openConfig } from "./open-config.ts";

/** The process exits after these even if something hangs: supervisors usually kill after ten seconds. */
const COLLECTOR_SHUTDOWN_MS = 5_000;
const TELEMETRY_SHUTDOWN_MS = 3_000;

/** Collects until SIGINT, SIGTERM or SIGHUP; a second SIGINT or SIGTERM exits at once. */
export async function run({ common }: CommandLine): Promise<number> {
  const isTerminal = process.stdout.isTTY;
  const log = new Log(common.logLevel, common.logFormat ?? (isTerminal ? "text" : "json"), hasColor(process.stderr));
  process.on("uncaughtException", (error) => {
    log.error("unexpected error, exiting", { error: stackOf(error) });
    exit(EXIT.failure);
  });
  const config = await openConfig(common, (line) => log.warn(line));
  if (config.disabled) {
    log.warn("the configuration has disabled: true; nothing is collected");
    return EXIT.fine;
  }
  const composition = await compose(config, { logger: log, sinks: [logSink(log)] });
  const servers = await openServers(config, composition, log);
  const stopped = untilSignal(log);
  await composition.collector.start().catch(suggestDirectory);
  announce(config, composition, servers[0] as VitalsServer, isTerminal && common.logFormat !== "json", log);
  await stopped;
  await stop(composition, servers, log);
  return EXIT.fine;
}

/** Says how the command gets a state directory of its own, where that is what it lacks. */
function suggestDirectory(error: unknown): never {
  if (!isVitalsError(error) || error.code !== "state_in_use") throw error;
  throw new VitalsError("state_in_use", `${error.message}, for example with --set collector.state.dir=PATH`, { cause: error });
}

/** Starts the configured server, and one for each pull reader with an address of its own. */
export async function openServers(
  config: LoadedConfig,
  { collector, telemetry }: Composition,
  logger: Logger,
): Promise<readonly VitalsServer[]> {
  const { server, meterProvider } = config;
  const { scrape } = telemetry;
  const main = await serve(collector, {
    host: server.host,
    port: server.port,
    token: await serverToken(config),
    insecure: server.insecure,
    allowedHosts: server.allowed_hosts,
    maxClients: server.max_clients,
    maxClientsPerAddress: server.max_clients_per_address,
    ...(server.max_connections === undefined ? {} : { maxConnections: server.max_connections }),
    trustedProxies: server.trusted_proxies,
    logger,
    ...(scrape ? { metrics: scrape } : {}),
  });
  const servers = [main];
  for (const { host, port } of metricsListeners(meterProvider, server)) {
    if (!scrape) continue;
    try {
      // Metrics hold no secret, and the file configures this address explicitly.
      const names = server.allowed_hosts.length === 0 ? {} : { allowedHosts: server.allowed_hosts };
      servers.push(await serveMetrics(scrape, { host, port, logger, ...names }));
    } catch (error) {
      await Promise.all(servers.map((each) => each.close()));
      throw error;
    }
  }
  return servers;
}

function announce(config: LoadedConfig, { collector, telemetry }: Composition, { url }: VitalsServer, isPretty: boolean, log: Log): void {
  const collections = collector.collections().map((handle) => handle.report());
  const pushes = [
    ...config.meterProvider.readers.flatMap(({ periodic }) =>
      periodic?.exporter.otlp_http?.endpoint == null ? [] : [withoutSecrets(periodic.exporter.otlp_http.endpoint)],
    ),
    ...telemetry.logTargets,
  ];
  if (!isPretty) {
    log.info("started", { url, config: config.file ?? "built-in defaults", collections: collections.map(({ name }) => name).join(",") });
    void forFirstSamples(collector, ({ collection, outcome, error }) => {
      // A status that was never known is no change of status, so no other line says why.
      const component = `collection:${collection}`;
      if (outcome === "waiting") log.info(`${component} is unknown`, { component, reason: error?.message });
    });
  } else {
    const isStyled = hasColor(process.stdout);
    const styled = (code: string) => (text: string) => (isStyled ? `\u001b[${code}m${text}\u001b[0m` : text);
    const [bold, dim] = [styled("1"), styled("2")];
    process.stdout.write(
      `${banner({ url, file: config.file, collections, pushes, hasPrometheus: telemetry.scrape !== undefined }, bold, dim)}\n`,
    );
    void forFirstSamples(collector, (sample, report) => process.stdout.write(`${sampleLine(sample, report, bold, dim)}\n`));
  }
}

/** Passes on the first sample of each collection. */
async function forFirstSamples(collector: Collector, take: (sample: Sample, report: CollectionReport) => void): Promise<void> {
  const waiting = new Map(collector.collections().map((handle) => [handle.name, handle]));
  for await (const event of collector.events()) {
    const handle = event.kind === "sample" ? waiting.get(event.sample.collection) : undefined;
    if (event.kind !== "sample" || !handle) continue;
    waiting.delete(handle.name);
    take(event.sample, handle.report());
    if (waiting.size === 0) return;
  }
}

/** Resolves at the first signal; a second exits at once, with the code a shell gives a signalled process. */
function untilSignal(log: Log): Promise<void> {
  const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        // A terminal that closes can send SIGHUP twice, by itself and through its shell: it is nobody's wish to hurry.
        if (isStopping && signal === "SIGHUP") return;
        if (isStopping) exit(128 + numbers[signal]);
        isStopping = true;
        log.info("stopping", { signal });
        resolve();
      });
    }
  });
}

async function stop(
  { collector, telemetry }: { readonly collector: Collector; readonly telemetry: Telemetry },
  servers: readonly VitalsServer[],
  log: Log,
): Promise<void> {
  await collector.shutdown({ timeoutMs: COLLECTOR_SHUTDOWN_MS });
  await Promise.all([telemetry.shutdown(TELEMETRY_SHUTDOWN_MS), ...servers.map((server) => server.close())]);
  log.info("stopped");
}

/** Without credentials and query, which are often secrets. */
function withoutSecrets(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}
