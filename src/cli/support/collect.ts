import { readdir, readFile, stat } from "node:fs/promises";
import { availableParallelism, release, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { messageOf } from "../../base/errors.ts";
import { UNIT_MS } from "../../base/quantity.ts";
import { PACKAGE_VERSION } from "../../base/version.ts";
import { isSecretName } from "../../base/issues.ts";
import type { Alert, AlertsAnswer, HistoryAnswer, Transition } from "../../answer/health.ts";
import type { Problem } from "../../config/document.ts";
import { describeConfig } from "../../config/describe.ts";
import type { LoadedConfig, LoadOptions } from "../../config/load.ts";
import { serverToken } from "../../config/server-token.ts";
import { reachable } from "../health-query.ts";
import { endpointAt, whyUnavailable, type Endpoint } from "../endpoint.ts";
import { Scrubber } from "./scrub.ts";

/** A file of the archive, and one line about it. */
export interface Part {
  readonly name: string;
  readonly about: string;
  readonly content: string;
}

/** What the archive contains, and what it does not, with the reason. */
export interface Collected {
  readonly parts: readonly Part[];
  readonly missing: readonly string[];
}

/** The collector that is asked, if its address is not that of the configuration. */
export interface SupportOptions extends LoadOptions {
  readonly url?: URL | undefined;
}

const TIMEOUT_MS = 5_000;

/** Collects what a maintainer needs to explain a fault: what can be had without the collector, and what it answers. Never rejects. */
export async function collect(options: SupportOptions): Promise<Collected> {
  const missing: string[] = [];
  const described = await describeConfig(options).catch((error: unknown) => {
    missing.push(`configuration.json, problems.json: ${messageOf(error)}`);
    return undefined;
  });
  const config = described?.config;
  const token = config ? await serverToken(config).catch(() => "") : "";
  const secrets = Object.entries(options.env).flatMap(([name, value]) => (value !== undefined && isSecretName(name) ? [value] : []));
  const scrubber = new Scrubber([...(described?.hidden ?? []), ...secrets, token]);
  const parts: Part[] = [];
  const add = (name: string, about: string, content: unknown): void => {
    const clean = typeof content === "string" ? scrubber.text(content) : JSON.stringify(scrubber.data(content), undefined, 2);
    parts.push({ name, about, content: `${clean}\n` });
  };
  add("versions.json", "versions of otel-vitals, Node.js, the system and the dependencies", await versions());
  if (described) {
    add("configuration.json", "the configuration: values that cannot be secret, the type of every other one", described.data);
    add("problems.json", "problems that the validation found, without the values", described.problems.map(withoutValues));
  }
  await addState(config, add, missing);
  const { host = "127.0.0.1", port = 9464 } = config?.server ?? {};
  await addAnswers(endpointAt(options.url ?? new URL(`http://${reachable(host)}:${port}/`), token), token, add, missing);
  return { parts, missing: missing.map((line) => scrubber.text(line)) };
}

type Add = (name: string, about: string, content: unknown) => void;

async function versions(): Promise<object> {
  const manifest = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
  };
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const dependencies = await Promise.all(names.map(async (name) => [name, await installed(name)] as const));
  return {
    "otel-vitals": PACKAGE_VERSION,
    node: process.version,
    platform: process.platform,
    architecture: process.arch,
    system: release(),
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    dependencies: Object.fromEntries(dependencies),
  };
}

/** The installed version of a package, as Node finds it from here; a package need not export its manifest. */
async function installed(name: string): Promise<string> {
  for (let folder = new URL("../", import.meta.url); ; folder = new URL("../", folder)) {
    try {
      const { version } = JSON.parse(await readFile(new URL(`node_modules/${name}/package.json`, folder), "utf8")) as { version: string };
      return version;
    } catch {
      if (folder.pathname === "/" || folder.href === new URL("../", folder).href) return "not found";
    }
  }
}

/** The message up to the first value that it quotes. */
function withoutValues({ severity, line, column, path, message }: Problem): object {
  return {
    severity,
    line,
    column,
    path,
    message: message.replace(/["“][^]*$/, "…").replace(/found [^]*$/, "found …"),
  };
}

async function addState(config: LoadedConfig | undefined, add: Add, missing: string[]): Promise<void> {
  const dir = config?.plan.options.state?.dir;
  if (!config || dir === undefined)
    return void missing.push(`state.json: ${config ? "no state is configured" : "the configuration is not valid"}`);
  try {
    const folder = resolve(config.baseDir, dir);
    const names = await readdir(folder);
    const files = names.map(async (name) => {
      const { size, mtime } = await stat(join(folder, name));
      return { name, bytes: size, modified: mtime };
    });
    add(
      "state.json",
      "names, sizes and times of the files of the state, without their contents",
      JSON.parse(JSON.stringify(await Promise.all(files))),
    );
  } catch (error) {
    missing.push(`state.json: ${(error as NodeJS.ErrnoException).code ?? "the folder cannot be read"}`);
  }
}

/** What the collector answers; its own answers contain no secret of its configuration. */
async function addAnswers(endpoint: Endpoint, token: string, add: Add, missing: string[]): Promise<void> {
  const { request, host, base } = endpoint;
  const sinceMs = Date.now() - UNIT_MS.h;
  const ask = async (name: string, about: string, read: () => Promise<unknown>): Promise<void> => {
    try {
      add(name, about, await read());
    } catch (error) {
      missing.push(`${name}: ${whyUnavailable(error, host).text}`);
    }
  };
  const probe = (path: string) => async (): Promise<string> => {
    const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${base}${path}?verbose`, { headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return `status ${response.status}\n${await response.text()}`;
  };
  await ask("livez.txt", "liveness: whether the collector makes progress", probe("livez"));
  await ask("readyz.txt", "readiness: whether every collection has ticked", probe("readyz"));
  await ask("stats.json", "counters of the collector, its exporters, sinks and clients", () => request("api/v1/stats"));
  await ask("health.json", "the overall status and every component, with reasons", () => request("api/v1/health"));
  await ask("collections.json", "collections with their types, schedules and states, without samples", () => request("api/v1/collections"));
  await ask("transitions.json", "changes of status of the last hour", async () => {
    const { transitions } = await request<HistoryAnswer>("api/v1/health/history");
    return transitions.filter(({ time }: Transition) => Date.parse(time) >= sinceMs);
  });
  await ask("alerts.json", "firing alerts, and those that resolved in the last hour", async () => {
    const { alerts } = await request<AlertsAnswer>("api/v1/alerts?state=all");
    return alerts.filter(({ endsAt }: Alert) => endsAt === undefined || Date.parse(endsAt) >= sinceMs);
  });
}
