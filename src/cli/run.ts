import type { Collector } from "../collector/collector.ts";
import type { CollectionReport } from "../answer/collection.ts";
import { configFileOf, DEFAULT_FILE, type LoadedConfig } from "../config/load.ts";
import type { Logger } from "../base/logger.ts";
import { isVitalsError, stackOf, VitalsError } from "../base/errors.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../base/version.ts";
import type { VitalsServer } from "../http/index.ts";
import type { Sample } from "../sample/sample.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { banner, sampleLine } from "./banner.ts";
import { compose, type Composition } from "./compose.ts";
import { serverToken } from "../config/server-token.ts";
import { exit } from "./exit.ts";
import { contentsOf, FileWatcher } from "./file-watcher.ts";
import { keepHeapLevel } from "./heap.ts";
import { hasColor, logSink, Log } from "./log.ts";
import { load, openConfig } from "./open-config.ts";
import { columnsOf } from "./output.ts";
import { Reloader } from "./reloader.ts";
import { Running } from "./running.ts";
import { openServers } from "./servers.ts";
import { Signals } from "./signals.ts";
import { EXIT, UsageError, type CommandLine, type CommonOptions } from "./usage.ts";

/** The process exits after these even if something hangs: supervisors usually kill after ten seconds. */
const COLLECTOR_SHUTDOWN_MS = 5_000;
const TELEMETRY_SHUTDOWN_MS = 3_000;

/**
 * Collects until SIGINT or SIGTERM; a second one exits at once. SIGHUP reads the configuration again where no terminal is attached, and ends
 * the command like the others where one is.
 */
export async function run({ common: given, own }: CommandLine): Promise<number> {
  keepHeapLevel();
  // A file that is read again is the same one, also if it is not there any more.
  const common = { ...given, config: configFileOf({ file: given.config, env: process.env, cwd: process.cwd() }) };
  const isWatching = own["watch"] === true;
  if (isWatching && common.config === undefined)
    throw new UsageError(`--watch: expected a configuration file, found none; name one with --config, or create ${DEFAULT_FILE}`);
  const isTerminal = process.stdout.isTTY;
  const log = new Log(common.logLevel, common.logFormat ?? (isTerminal ? "text" : "json"), hasColor(process.stderr));
  process.on("uncaughtException", (error) => {
    log.error("unexpected error, exiting", { error: stackOf(error) });
    exit(EXIT.failure);
  });
  const signals = new Signals(log);
  const seen = isWatching ? await contentsOf(common.config ?? "") : "";
  const config = await openConfig(common, (line) => log.warn(line));
  if (config.disabled) {
    log.warn("the configuration has disabled: true; nothing is collected");
    return EXIT.fine;
  }
  const composition = await compose(config, { logger: log, sinks: [logSink(log)] });
  const token = await serverToken(config);
  const running = new Running(config, composition.collector, token);
  const reloader = config.file === undefined ? undefined : reloaderOf(common, config.file, composition, running, log);
  const servers = await openServers(config, composition, {
    logger: log,
    token,
    ...(reloader ? { reload: () => reloader.reload("POST /api/v1/reload") } : {}),
  });
  running.serveWith(servers);
  await composition.collector.start().catch(suggestDirectory);
  announce(config, composition, servers.main, isTerminal && common.logFormat !== "json", log);
  signals.onReload(() => void reloadOrSay(reloader, log));
  const watcher = reloader && isWatching ? watcherOf(common.config ?? "", seen, reloader, log) : undefined;
  void watcher?.run();
  await signals.stopped;
  watcher?.[Symbol.dispose]();
  await stop(composition, [servers.main, ...servers.metrics], log);
  return EXIT.fine;
}

/** Says how the command gets a state directory of its own, where that is what it lacks. */
function suggestDirectory(error: unknown): never {
  if (!isVitalsError(error) || error.code !== "state_in_use") throw error;
  throw new VitalsError("state_in_use", `${error.message}, for example with --set collector.state.dir=PATH`, { cause: error });
}

function reloaderOf(common: CommonOptions, file: string, { collector }: Composition, running: Running, logger: Logger): Reloader {
  return new Reloader({
    file,
    load: () => load(common, { checksTokenFile: true }),
    apply: (config) => running.apply(config),
    meter: collector.meterProvider.getMeter(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL }),
    logger,
  });
}

/** Reloads at a SIGHUP. */
async function reloadOrSay(reloader: Reloader | undefined, log: Log): Promise<void> {
  if (!reloader) return log.warn("SIGHUP: there is nothing to reload, because the collector runs with its built-in defaults");
  // Every failure is logged there.
  await reloader.reload("SIGHUP").catch(() => {});
}

function watcherOf(file: string, seen: string, reloader: Reloader, logger: Logger): FileWatcher {
  const take = async (isSettled: boolean): Promise<boolean> => {
    if (!isSettled && !(await reloader.isValid())) return false;
    const outcome = await reloader.reload("--watch").catch(() => undefined);
    return outcome === undefined || !("problems" in outcome);
  };
  return new FileWatcher(file, { seen, take, logger });
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
      return true;
    });
  } else {
    const isStyled = hasColor(process.stdout);
    const styled = (code: string) => (text: string) => (isStyled ? `\u001b[${code}m${text}\u001b[0m` : text);
    const display = { bold: styled("1"), dim: styled("2"), columns: columnsOf(process.stdout) };
    process.stdout.write(
      `${banner({ url, file: config.file, collections, pushes, hasPrometheus: telemetry.scrape !== undefined }, display)}\n`,
    );
    const seen = new Set<string>();
    void forFirstSamples(collector, (sample, report) => {
      const isFirst = !seen.has(report.name);
      seen.add(report.name);
      if (isFirst && isPreliminary(sample, report)) return false;
      process.stdout.write(`${sampleLine(sample, report, display)}\n`);
      return true;
    });
  }
}

/** Whether the sample after the first says more soon: a rate, such as the utilization of the CPU, needs two readings. */
const isPreliminary = ({ outcome }: Sample, { intervalMs }: CollectionReport): boolean => outcome === "success" && intervalMs <= SOON_MS;
const SOON_MS = 2_000;

/** Passes on the samples of each collection from now on, until one of it is taken. */
async function forFirstSamples(collector: Collector, take: (sample: Sample, report: CollectionReport) => boolean): Promise<void> {
  const waiting = new Map(collector.collections().map((handle) => [handle.name, handle]));
  for await (const event of collector.events()) {
    const handle = event.kind === "sample" ? waiting.get(event.sample.collection) : undefined;
    if (event.kind !== "sample" || !handle) continue;
    if (take(event.sample, handle.report())) waiting.delete(handle.name);
    if (waiting.size === 0) return;
  }
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
