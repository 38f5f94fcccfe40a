import type { Meter, ObservableGauge } from "@opentelemetry/api";
import { basename } from "node:path";
import type { ReconfigurationReport } from "../answer/reconfiguration.ts";
import type { ConfigurationProblem, InvalidConfiguration, ReloadAnswer } from "../answer/reload.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { isVitalsError, messageOf, stackOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { lineOf } from "../config/document.ts";
import type { LoadedConfig, LoadResult } from "../config/load.ts";
import { reloadFields } from "./reload-fields.ts";

export interface ReloaderOptions {
  /** The name of the file, for messages. */
  readonly file: string;
  /** Reads and checks the file, with the command line and the environment of the start. Rejects as `loadConfig` does. */
  readonly load: () => Promise<LoadResult>;
  /** Continues with a right configuration. Rejects as `collector.reconfigure` does; nothing is changed then. */
  readonly apply: (config: LoadedConfig) => Promise<ReconfigurationReport>;
  /** Gets `vitals.config.reload.success` and `vitals.config.reload.last_success.time`. */
  readonly meter: Meter;
  readonly logger: Logger;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

type Outcome = ReloadAnswer | InvalidConfiguration;

/**
 * Reads the configuration file again while the collector runs. A wrong file changes nothing: all its problems are logged. One reload runs
 * at a time; all requests that come meanwhile share the next one, which reads the file after them.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #clock: Clock;
  /** Settles with the reload that runs, or ran last. */
  #last: Promise<unknown> = Promise.resolve();
  /** The one after it, if it was requested. */
  #next: Promise<Outcome> | undefined;
  #isSuccess = true;
  #lastSuccessMs: number;

  /** Call it when the file has been loaded for the first time, which counts as a success. */
  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#lastSuccessMs = this.#clock.wallMs();
    this.#observe(options.meter);
  }

  /**
   * Reads the file again.
   *
   * @param trigger what asked for it, for the log
   * @throws VitalsError `lifecycle` if the collector is not running
   */
  reload(trigger: string): Promise<Outcome> {
    return (this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      const reload = this.#reload(trigger);
      this.#last = reload.catch(() => {});
      return reload;
    }));
  }

  /** Whether the file is right now. Changes and logs nothing. Never rejects. */
  async isValid(): Promise<boolean> {
    try {
      return (await this.#options.load()).config !== undefined;
    } catch {
      return false;
    }
  }

  async #reload(trigger: string): Promise<Outcome> {
    const { file, logger } = this.#options;
    const fields = { trigger, file };
    try {
      const { config, problems } = await this.#options.load();
      if (!config) return this.#fail(problems, trigger);
      const report = await this.#options.apply(config);
      this.#isSuccess = true;
      this.#lastSuccessMs = this.#clock.wallMs();
      for (const problem of problems) logger.warn(lineOf(problem));
      const changes = reloadFields(report);
      logger.info(Object.keys(changes).length === 0 ? "configuration reloaded, without a change" : "configuration reloaded", {
        ...fields,
        ...changes,
      });
      if (report.restart.length > 0) logger.warn(`takes effect after a restart: ${report.restart.join(", ")}`, fields);
      return { ...report, ...(problems.length > 0 ? { warnings: problems } : {}) };
    } catch (error) {
      if (isVitalsError(error) && (error.code === "config_invalid" || error.code === "config_unreadable"))
        return this.#fail([{ severity: "error", file, path: "", message: withoutFile(messageOf(error), file) }], trigger);
      if (isVitalsError(error) && error.code === "lifecycle") {
        logger.warn("the configuration was not reloaded", { ...fields, reason: messageOf(error) });
        throw error;
      }
      this.#isSuccess = false;
      logger.error("the configuration could not be reloaded, for an unexpected reason", { ...fields, error: stackOf(error) });
      throw error;
    }
  }

  #fail(problems: readonly (ConfigurationProblem & { readonly file: string })[], trigger: string): InvalidConfiguration {
    const { file, logger } = this.#options;
    this.#isSuccess = false;
    for (const problem of problems) logger[problem.severity === "error" ? "error" : "warn"](lineOf(problem));
    logger.error("the configuration was not reloaded; the collector continues with the one it has", { trigger, file });
    return { problems };
  }

  #observe(meter: Meter): void {
    const success: ObservableGauge = meter.createObservableGauge("vitals.config.reload.success", {
      unit: "{state}",
      description: "1 if the last reload of the configuration succeeded, or there was none, else 0.",
    });
    const lastSuccess: ObservableGauge = meter.createObservableGauge("vitals.config.reload.last_success.time", {
      unit: "s",
      description: "Unix time of the last successful reload of the configuration, or of the start.",
    });
    success.addCallback((result) => result.observe(this.#isSuccess ? 1 : 0));
    lastSuccess.addCallback((result) => result.observe(this.#lastSuccessMs / 1_000));
  }
}

/** Without the name of the file at its start, which may be an absolute one. */
function withoutFile(message: string, file: string): string {
  const end = `${basename(file)}: `;
  const at = message.indexOf(end);
  return at < 0 ? message : message.slice(at + end.length);
}
