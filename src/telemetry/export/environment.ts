import type { Attributes } from "@opentelemetry/api";
import { alternatives, quoted } from "../../base/suggest.ts";
import { EXPORT_INTERVAL, EXPORT_TIMEOUT, otlpEndpoint, type LoggerProviderConfig, type MeterProviderConfig } from "./options.ts";
import { attributePairs, headerPairs } from "./pairs.ts";

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
 * Reads the supported variables of the OpenTelemetry environment specification: service name, resource attributes, exporters, OTLP
 * endpoint, headers, timeout, protocol and compression, export interval and timeout, temporality preference, SDK disabled. There is
 * always a Prometheus reader, because `/metrics` sends nothing by itself; `OTEL_METRICS_EXPORTER` and `OTEL_LOGS_EXPORTER` say what is
 * pushed. Without them, what has an endpoint is.
 */
export function telemetryFromEnvironment(env: Environment): EnvironmentTelemetry {
  const warnings = new Set<string>();
  const metrics = otlpOf(env, "METRICS", warnings);
  const logs = otlpOf(env, "LOGS", warnings);
  const readers: NonNullable<MeterProviderConfig["readers"]> = [{ pull: { exporter: { "prometheus/development": {} } } }];
  if (metrics) {
    const otlp = { ...metrics, ...temporalityOf(env, warnings) };
    readers.push({ periodic: { ...scheduleOf(env, warnings), exporter: { otlp_http: otlp } } });
  }
  return {
    meterProvider: { readers },
    loggerProvider: logs && { processors: [{ batch: { exporter: { otlp_http: logs } } }] },
    resource: resourceOf(env, warnings),
    disabled: disabledOf(env, warnings),
    warnings: [...warnings],
  };
}

/** The endpoint of a signal that names its exporter and no endpoint, as the specification defines it. */
const DEFAULT_ENDPOINT = "http://localhost:4318";

/** Whether a signal is pushed: yes or no where the variable says so, and undefined where it is not set. */
function isPushed(env: Environment, signal: Signal, warnings: Set<string>): boolean | undefined {
  const name = `OTEL_${signal}_EXPORTER`;
  const chosen = (env[name] ?? "").split(",").flatMap((each) => each.trim().toLowerCase() || []);
  if (chosen.length === 0) return undefined;
  const known = signal === "METRICS" ? ["otlp", "prometheus", "none"] : ["otlp", "none"];
  const others = chosen.filter((each) => !known.includes(each));
  if (others.length > 0)
    warnings.add(
      `${name}: expected ${alternatives(known)}, found ${others.map(quoted).join(", ")}; that exporter is not supported and left out`,
    );
  return chosen.includes("otlp");
}

/** A signal's own variable holds the whole URL; the general one holds the base URL to which the signal's path is appended. */
function endpointOf(env: Environment, signal: Signal, warnings: Set<string>): string | undefined {
  const isChosen = isPushed(env, signal, warnings);
  if (isChosen === false) return undefined;
  const own = env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
  const text = own || env["OTEL_EXPORTER_OTLP_ENDPOINT"] || (isChosen ? DEFAULT_ENDPOINT : "");
  if (text === "") return undefined;
  if (!otlpEndpoint.safeParse(text).success) {
    // The value is not shown: a URL may contain a password.
    warnings.add(
      `OTEL_EXPORTER_OTLP_${own ? `${signal}_` : ""}ENDPOINT: expected an http or https URL without credentials; nothing is exported`,
    );
    return undefined;
  }
  if (own) return own;
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/${signal.toLowerCase()}`;
  return url.href;
}

/** Undefined where the signal is not pushed. */
function otlpOf(env: Environment, signal: Signal, warnings: Set<string>) {
  const endpoint = endpointOf(env, signal, warnings);
  if (endpoint === undefined) return undefined;
  /** The variable of the signal, or the general one, and its value. */
  const of = (part: string): readonly [name: string, value: string | undefined] => {
    const own = `OTEL_EXPORTER_OTLP_${signal}_${part}`;
    const general = `OTEL_EXPORTER_OTLP_${part}`;
    return env[own] ? [own, env[own]] : [general, env[general] || undefined];
  };
  const [timeoutName, timeoutText] = of("TIMEOUT");
  const timeout = numberOf(timeoutText, timeoutName, EXPORT_TIMEOUT, warnings);
  const protocol = choiceOf(...of("PROTOCOL"), ["http/protobuf", "http/json"], warnings);
  const compression = choiceOf(...of("COMPRESSION"), ["none", "gzip"], warnings);
  const headers = headersOf(...of("HEADERS"), warnings);
  for (const part of ["CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"]) {
    const [name, value] = of(part);
    if (value !== undefined) warnings.add(`${name}: not supported; the variable is ignored`);
  }
  return {
    endpoint,
    ...(headers === undefined ? {} : { headers_list: headers }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(compression === "gzip" ? { compression: "gzip" as const } : {}),
    encoding: protocol === "http/json" ? ("json" as const) : ("protobuf" as const),
  };
}

/** A variable's value, if it is one of those known, the first of which is the default. */
function choiceOf<T extends string>(name: string, text: string | undefined, known: readonly T[], warnings: Set<string>): T | undefined {
  const value = known.find((each) => each === text);
  if (text !== undefined && value === undefined)
    warnings.add(`${name}: expected ${alternatives(known)}, found ${quoted(text)}; using ${known[0]}`);
  return value;
}

/** A list of headers, without the entries that HTTP does not allow. */
function headersOf(name: string, list: string | undefined, warnings: Set<string>): string | undefined {
  const { pairs, problems } = headerPairs(list ?? "");
  for (const problem of problems) warnings.add(`${name}: ${problem}; the entry is ignored`);
  if (problems.length === 0) return list;
  return pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join(",");
}

function temporalityOf(env: Environment, warnings: Set<string>) {
  const name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
  const preference = choiceOf(name, env[name]?.toLowerCase() || undefined, ["cumulative", "delta", "lowmemory"], warnings);
  const histograms = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
  choiceOf(histograms, env[histograms]?.toLowerCase() || undefined, ["explicit_bucket_histogram"], warnings);
  return preference === undefined ? {} : { temporality_preference: preference === "lowmemory" ? ("low_memory" as const) : preference };
}

function scheduleOf(env: Environment, warnings: Set<string>): { readonly interval?: number; readonly timeout?: number } {
  const [interval, timeout] = (["INTERVAL", "TIMEOUT"] as const).map((part) => {
    const name = `OTEL_METRIC_EXPORT_${part}`;
    return numberOf(env[name], name, part === "INTERVAL" ? EXPORT_INTERVAL : EXPORT_TIMEOUT, warnings);
  });
  return { ...(interval === undefined ? {} : { interval }), ...(timeout === undefined ? {} : { timeout }) };
}

function disabledOf(env: Environment, warnings: Set<string>): boolean {
  const name = "OTEL_SDK_DISABLED";
  return choiceOf(name, env[name]?.toLowerCase() || undefined, ["false", "true"], warnings) === "true";
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

function resourceOf(env: Environment, warnings: Set<string>): Attributes {
  const name = "OTEL_RESOURCE_ATTRIBUTES";
  const { pairs, problems } = attributePairs(env[name] ?? "");
  for (const problem of problems) warnings.add(`${name}: ${problem}; the entry is ignored`);
  const service = env["OTEL_SERVICE_NAME"];
  return { ...Object.fromEntries(pairs), ...(service ? { "service.name": service } : {}) };
}
