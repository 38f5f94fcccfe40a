import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BUILT_IN_TYPES } from "../collector/kinds.ts";
import type { LoadedConfig } from "../config/load.ts";
import { filesFor } from "../dashboards/files.ts";
import type { DashboardPlan } from "../dashboards/plan.ts";
import { messageOf, VitalsError } from "../base/errors.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { PACKAGE_NAME } from "../base/version.ts";
import { EXIT, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";
import { openConfig } from "./open-config.ts";

const DEFAULT_OUT = "grafana";
/** Where the files of this package have them, for a collector whose URL is not known. */
const RUNBOOK_FILES = "docs/runbooks";

/** Writes Grafana dashboards and Prometheus rules for the configured collections; opens no source. */
export async function dashboards({ common, own }: CommandLine): Promise<number> {
  const config = await openConfig(common, (line) => console.error(line));
  const plan = dashboardPlan(config, {
    allTypes: own["all-types"] === true,
    job: own["job"] === undefined ? undefined : String(own["job"]),
    runbooks: own["runbooks"] === undefined ? undefined : String(own["runbooks"]),
  });
  const out = String(own["out"] ?? DEFAULT_OUT);
  for (const { path, text } of filesFor(plan)) {
    const file = join(out, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    } catch (error) {
      throw new VitalsError(
        "config_unreadable",
        `${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? messageOf(error)}`,
        { cause: error },
      );
    }
    await print(file);
  }
  return EXIT.fine;
}

export interface DashboardOptions {
  /** Whether to include the built-in sample types that no collection uses. Default false. */
  readonly allTypes?: boolean | undefined;
  /** Job label of the Prometheus scrape. Default: the service name. */
  readonly job?: string | undefined;
  /**
   * Links to runbooks: a URL in which `{alert}` stands for the alert's name, or the URL of a folder of `.md` files. Default: the runbooks that the
   * collector serves, if `server.external_url` is set; otherwise the paths of the files in this package.
   */
  readonly runbooks?: string | undefined;
}

/** The input of dashboards and rules, from a configuration. */
export function dashboardPlan(config: LoadedConfig, { allTypes, job, runbooks }: DashboardOptions = {}): DashboardPlan {
  const collections = [...config.plan.collections.values()].map(({ name, reading, intervalMs, cadence, slowMs, rules }) => ({
    name,
    type: reading.type,
    intervalMs,
    cadence,
    slowMs,
    rules,
    sourceRules: reading.rules,
  }));
  const types = new Map<string, SampleType>();
  for (const { type } of collections) types.set(type.name, type);
  if (allTypes === true) for (const type of BUILT_IN_TYPES) if (!types.has(type.name)) types.set(type.name, type);
  const service = config.resource["service.name"];
  return {
    collections,
    types: [...types.values()],
    health: config.plan.options.health,
    job: job ?? (typeof service === "string" ? service : PACKAGE_NAME),
    runbooks: runbookLinks(runbooks, config.server.external_url ?? ""),
  };
}

function runbookLinks(given: string | undefined, externalUrl: string): string {
  if (given === undefined && externalUrl !== "") return `${withSlash(externalUrl)}runbooks/${ALERT}`;
  const links = given ?? RUNBOOK_FILES;
  return links.includes(ALERT) ? links : `${withSlash(links)}${ALERT}.md`;
}

/** Stands for an alert's name in a link. */
const ALERT = "{alert}";

const withSlash = (address: string): string => (address.endsWith("/") ? address : `${address}/`);
