import type { Attributes } from "@opentelemetry/api";
import { EXPORT_INTERVAL, EXPORT_TIMEOUT, otlpHttpOptions, type MeterProviderConfig } from "./provider-options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What the standard variables say, for a program without a configuration file. */
export interface EnvironmentTelemetry {
  readonly meterProvider: MeterProviderConfig;
  readonly resource: Attributes;
  /** `OTEL_SDK_DISABLED=true`. */
  readonly disabled: boolean;
  /** Variables whose value was not usable, in words. */
  readonly warnings: readonly string[];
}

/**
 * Reads the variables of the OpenTelemetry environment specification that this program honours: service name, resource
 * attributes, OTLP endpoint, headers, timeout, protocol, export interval, SDK disabled. Without an endpoint there is only the
 * Prometheus reader.
 */
export function telemetryFromEnvironment(env: Environment): EnvironmentTelemetry {
  const warnings: string[] = [];
  const endpoint = endpointOf(env, warnings);
  const readers: NonNullable<MeterProviderConfig["readers"]> = [{ pull: { exporter: { "prometheus/development": {} } } }];
  if (endpoint !== undefined)
    readers.push({ periodic: { ...intervalOf(env, warnings), exporter: { otlp_http: { endpoint, ...otlpOf(env, warnings) } } } });
  return { meterProvider: { readers }, resource: resourceOf(env), disabled: env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true", warnings };
}

/** The metrics variable is the whole address, the general one the address below which each signal has its path. */
function endpointOf(env: Environment, warnings: string[]): string | undefined {
  const own = env["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];
  const text = own || env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (!text) return undefined;
  if (!otlpHttpOptions.shape.endpoint.safeParse(text).success) {
    // The value stays untold: an address may carry a password.
    warnings.push(`OTEL_EXPORTER_OTLP_${own ? "METRICS_" : ""}ENDPOINT: expected an http or https URL; nothing is pushed`);
    return undefined;
  }
  if (own) return own;
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/metrics`;
  return url.href;
}

function otlpOf(env: Environment, warnings: string[]): object {
  const of = (name: string): string | undefined =>
    env[`OTEL_EXPORTER_OTLP_METRICS_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`] || undefined;
  const timeout = numberOf(of("TIMEOUT"), "OTEL_EXPORTER_OTLP_TIMEOUT", EXPORT_TIMEOUT, warnings);
  const headers = of("HEADERS");
  const protocol = of("PROTOCOL");
  if (protocol !== undefined && !["http/json", "http/protobuf"].includes(protocol)) {
    warnings.push(
      `OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json, found "${protocol.slice(0, 40)}"; http/protobuf is used`,
    );
  }
  return {
    ...(headers === undefined ? {} : { headers_list: headers }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(of("COMPRESSION") === "gzip" ? { compression: "gzip" } : {}),
    encoding: protocol === "http/json" ? "json" : "protobuf",
  };
}

function intervalOf(env: Environment, warnings: string[]): { readonly interval?: number } {
  const interval = numberOf(env["OTEL_METRIC_EXPORT_INTERVAL"], "OTEL_METRIC_EXPORT_INTERVAL", EXPORT_INTERVAL, warnings);
  return interval === undefined ? {} : { interval };
}

function numberOf(
  text: string | undefined,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
  warnings: string[],
): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  warnings.push(
    `${name}: expected a whole number of milliseconds from ${least} to ${most}, found "${text.slice(0, 40)}"; the default is used`,
  );
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

/** Percent-encoding undone; text that is not well-formed as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
