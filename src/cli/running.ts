import { isDeepStrictEqual } from "node:util";
import type { ReconfigurationReport } from "../answer/reconfiguration.ts";
import { isLoopback } from "../base/address.ts";
import type { PlannedCollector } from "../collector/collector.ts";
import type { LoadedConfig } from "../config/load.ts";
import { serverToken } from "../config/server-token.ts";
import type { Servers } from "./servers.ts";

/** Settings of the server that apply at once; all others need a restart. */
const LIVE = ["token", "token_file", "allowed_hosts"] as const;

/** What runs, and how it continues with another configuration. */
export class Running {
  /** That of the start, which everything that needs a restart goes by. */
  readonly #started: LoadedConfig;
  readonly #collector: Pick<PlannedCollector, "apply">;
  #servers: Servers | undefined;
  #token: string;
  #allowedHosts: readonly string[];

  /** @param token the server's token at the start */
  constructor(started: LoadedConfig, collector: Pick<PlannedCollector, "apply">, token: string) {
    this.#started = started;
    this.#collector = collector;
    this.#token = token;
    this.#allowedHosts = started.server.allowed_hosts;
  }

  /** Takes the servers, which are there before the collector runs. */
  serveWith(servers: Servers): void {
    this.#servers = servers;
  }

  /**
   * Continues with another configuration, as far as that is possible without a restart. In the report, paths are those of the file.
   *
   * @throws VitalsError `config_invalid` or `config_unreadable`, also for the token's file; `lifecycle`; nothing is changed then
   */
  async apply(next: LoadedConfig): Promise<ReconfigurationReport> {
    const token = await serverToken(next);
    const report = await this.#collector.apply(next.plan);
    const access = this.#applyAccess(token, next.server.allowed_hosts);
    const inFile = (path: string): string => `collector.${path}`;
    return {
      ...report,
      settings: [...report.settings.map(inFile), ...access.settings],
      restart: [...report.restart.map(inFile), ...access.restart, ...restartPaths(this.#started, next)],
    };
  }

  #applyAccess(token: string, allowedHosts: readonly string[]): Pick<ReconfigurationReport, "settings" | "restart"> {
    const { host, insecure } = this.#started.server;
    // The file may go without a token where its new address is loopback. The server still listens on the old one.
    const needsToken = token === "" && !isLoopback(host) && !insecure;
    const isTokenNew = token !== this.#token && !needsToken;
    const areHostsNew = !isDeepStrictEqual(allowedHosts, this.#allowedHosts);
    if (isTokenNew) this.#token = token;
    this.#allowedHosts = allowedHosts;
    if (isTokenNew || areHostsNew) {
      this.#servers?.main.setAccess({ token: this.#token, allowedHosts });
      // Without names, a server of metrics alone accepts any on an address that other machines reach.
      for (const server of this.#servers?.metrics ?? []) server.setAccess(allowedHosts.length === 0 ? {} : { allowedHosts });
    }
    return {
      settings: [...(isTokenNew ? ["collector.server.token"] : []), ...(areHostsNew ? ["collector.server.allowed_hosts"] : [])],
      restart: needsToken ? ["collector.server.token"] : [],
    };
  }
}

/** Paths of settings outside of the collector that differ and apply after a restart. */
function restartPaths(before: LoadedConfig, after: LoadedConfig): readonly string[] {
  const server = (Object.keys({ ...before.server, ...after.server }) as (keyof LoadedConfig["server"])[]).filter(
    (key) => !(LIVE as readonly string[]).includes(key) && !isDeepStrictEqual(before.server[key], after.server[key]),
  );
  const sections = {
    disabled: [before.disabled, after.disabled],
    resource: [
      [before.resource, before.schemaUrl],
      [after.resource, after.schemaUrl],
    ],
    meter_provider: [before.meterProvider, after.meterProvider],
    logger_provider: [before.loggerProvider, after.loggerProvider],
  } as const;
  return [
    ...server.map((key) => `collector.server.${key}`),
    ...Object.entries(sections).flatMap(([name, [one, other]]) => (isDeepStrictEqual(one, other) ? [] : [name])),
  ];
}
