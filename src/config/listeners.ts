import { canonicalHost } from "../base/address.ts";
import type { Issue } from "../base/issues.ts";
import type { MeterProviderOptions } from "../telemetry/export/options.ts";
import type { ServerOptions } from "./file-schema.ts";

/** An address on which `/metrics` is served beside the server. */
export interface MetricsListener {
  readonly host: string;
  readonly port: number;
}

const DEFAULTS: MetricsListener = { host: "127.0.0.1", port: 9464 };
const ANY_HOST: readonly string[] = ["0.0.0.0", "::"];

/** Addresses of the pull readers that have one of their own; where the server or another reader listens already, `/metrics` is served anyway. */
export function metricsListeners(
  meterProvider: MeterProviderOptions,
  server: Pick<ServerOptions, "host" | "port">,
): readonly MetricsListener[] {
  return resolved(meterProvider, server).listeners;
}

/** Pull readers whose port is in use on all addresses, at paths from the file's root on. */
export function listenerProblems(meterProvider: MeterProviderOptions, server: Pick<ServerOptions, "host" | "port">): readonly Issue[] {
  return resolved(meterProvider, server).problems;
}

function resolved({ readers }: MeterProviderOptions, server: Pick<ServerOptions, "host" | "port">) {
  const taken: MetricsListener[] = [server];
  const listeners: MetricsListener[] = [];
  const problems: Issue[] = [];
  for (const [n, { pull }] of readers.entries()) {
    const { host, port } = pull?.exporter["prometheus/development"] ?? {};
    if (host == null && port == null) continue;
    const wanted = { host: host ?? DEFAULTS.host, port: port ?? DEFAULTS.port };
    const other = taken.find((each) => each.port !== 0 && each.port === wanted.port && overlaps(each, wanted));
    if (other && nameOf(other) !== nameOf(wanted)) {
      const path = ["meter_provider", "readers", n, "pull", "exporter", "prometheus/development"];
      const message = `expected a free address, but ${wanted.host}:${wanted.port} overlaps with ${other.host}:${other.port}, where this program listens already; choose another port`;
      problems.push({ path, message });
    }
    if (!other) listeners.push(wanted);
    taken.push(wanted);
  }
  return { listeners, problems };
}

/** `localhost` is an address of this machine like the default one. */
function nameOf({ host }: MetricsListener): string {
  const name = canonicalHost(host);
  return name === "localhost" ? DEFAULTS.host : name;
}

const overlaps = (a: MetricsListener, b: MetricsListener): boolean =>
  nameOf(a) === nameOf(b) || [a, b].some((each) => ANY_HOST.includes(nameOf(each)));
