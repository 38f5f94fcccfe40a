import type { Attributes } from "@opentelemetry/api";
import { type LoggerProviderConfig, EXPORT_TIMEOUT, otlpEndpoint, EXPORT_INTERVAL, type MeterProviderConfig } from "./options.ts";
import { decode } from "./options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Telemetry as the standard variables configure it, for a program without a configuration file. */
export interface EnvironmentTelemetry {
  readonly meterProvider: MeterProviderConfig;
  /** Undefined if no log records are sent. */
  readonly loggerProvider: LoggerProviderConfig | undefined;
  readonly resource: Attributes;
  /** `OTEL_SDK_DISABLED=true`. */
  readonly disabled: boolean;
  /** One line for each variable whose value could not be used. */
  readonly warnings: readonly string[];
}

/** Signals, as in the names of their variables. */
type Signal = "METRICS" | "LOGS";

/**
 * Reads the supported variables of the OpenTelemetry environment specification: service name, resource
 * attributes, OTLP endpoint, headers, timeout, protocol, export interval, logs exporter `none`, SDK disabled. Without an endpoint
 * there is only the Prometheus reader.
 */
export function telemetryFromEnvironment(env: Environment): EnvironmentTelemetry {
  const warnings = new Set<string>();
  const metrics = otlpOf(env, "METRICS", warnings);
  const logs = env["OTEL_LOGS_EXPORTER"] === "none" ? undefined : otlpOf(env, "LOGS", warnings);
  const readers: NonNullable<MeterProviderConfig["readers"]> = [{ pull: { exporter: { "prometheus/development": {} } } }];
  if (metrics) readers.push({ periodic: { ...intervalOf(env, warnings), exporter: { otlp_http: metrics } } });
  return {
    meterProvider: { readers },
    loggerProvider: logs && { processors: [{ batch: { exporter: { otlp_http: logs } } }] },
    resource: resourceOf(env),
    disabled: env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true",
    warnings: [...warnings],
  };
}

/** A signal's own variable holds the whole URL; the general one holds the base URL to which the signal's path is appended. */
function endpointOf(env: Environment, signal: Signal, warnings: Set<string>): string | undefined {
  const own = env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
  const text = own || env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (!text) return undefined;
  if (!otlpEndpoint.safeParse(text).success) {
    // The value is not shown: a URL may contain a password.
    warnings.add(`OTEL_EXPORTER_OTLP_${own ? `${signal}_` : ""}ENDPOINT: expected an http or https URL; nothing is exported`);
    return undefined;
  }
  if (own) return own;
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/${signal.toLowerCase()}`;
  return url.href;
}

/** Undefined without an endpoint. */
function otlpOf(env: Environment, signal: Signal, warnings: Set<string>) {
  const endpoint = endpointOf(env, signal, warnings);
  if (endpoint === undefined) return undefined;
  const of = (name: string): string | undefined =>
    env[`OTEL_EXPORTER_OTLP_${signal}_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`] || undefined;
  const timeout = numberOf(of("TIMEOUT"), "OTEL_EXPORTER_OTLP_TIMEOUT", EXPORT_TIMEOUT, warnings);
  const headers = of("HEADERS");
  const protocol = of("PROTOCOL");
  if (protocol !== undefined && !["http/json", "http/protobuf"].includes(protocol)) {
    warnings.add(`OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json, found "${protocol.slice(0, 40)}"; using http/protobuf`);
  }
  return {
    endpoint,
    ...(headers === undefined ? {} : { headers_list: headers }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(of("COMPRESSION") === "gzip" ? { compression: "gzip" as const } : {}),
    encoding: protocol === "http/json" ? ("json" as const) : ("protobuf" as const),
  };
}

function intervalOf(env: Environment, warnings: Set<string>): { readonly interval?: number } {
  const interval = numberOf(env["OTEL_METRIC_EXPORT_INTERVAL"], "OTEL_METRIC_EXPORT_INTERVAL", EXPORT_INTERVAL, warnings);
  return interval === undefined ? {} : { interval };
}

function numberOf(
  text: string | undefined,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
  warnings: Set<string>,
): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  warnings.add(`${name}: expected a whole number of milliseconds from ${min} to ${max}, found "${text.slice(0, 40)}"; using the default`);
  return undefined;
}

function resourceOf(env: Environment): Attributes {
  const pairs = (env["OTEL_RESOURCE_ATTRIBUTES"] ?? "").split(",").flatMap((pair) => {
    const [name, ...value] = pair.split("=");
    return name?.trim() && value.length > 0 ? [[name.trim(), decode(value.join("=").trim())] as const] : [];
  });
  const name = env["OTEL_SERVICE_NAME"];
  return { ...Object.fromEntries(pairs), ...(name ? { "service.name": name } : {}) };
}
