import type { Attributes, AttributeValue } from "@opentelemetry/api";
import { telemetryFromEnvironment } from "../telemetry/export/environment.ts";
import {
  loggerProviderOptions,
  meterProviderOptions,
  type LoggerProviderOptions,
  type MeterProviderOptions,
} from "../telemetry/export/options.ts";
import { attributePairs } from "../telemetry/export/pairs.ts";
import type { ConfigDocument } from "./document.ts";
import type { FileConfig } from "./file-schema.ts";
import type { Environment } from "./substitute.ts";

/** OpenTelemetry's part of a configuration. */
export interface OpenTelemetryConfig {
  readonly meterProvider: MeterProviderOptions;
  /** Undefined where no log records are exported. */
  readonly loggerProvider: LoggerProviderOptions | undefined;
  /** Resource attributes from the configuration, each with a value. */
  readonly resource: Attributes;
  /** Schema URL of the resource. */
  readonly schemaUrl: string | undefined;
  /** `disabled: true`: nothing is collected or exported. */
  readonly disabled: boolean;
}

/** Newest minor version of `file_format` 1 whose settings are known. */
const NEWEST_MINOR = 1;

/** OpenTelemetry's part of a file. Notes what is ignored. */
export function openTelemetryOf(document: ConfigDocument, config: FileConfig): OpenTelemetryConfig {
  const { meter_provider, logger_provider, resource, disabled, file_format } = config;
  if (Number(file_format.split(/[.-]/)[1]) > NEWEST_MINOR) {
    const message = `newer than "1.${NEWEST_MINOR}", the newest version that this program knows; what is new in it is reported as unknown`;
    document.note("warning", ["file_format"], message);
  }
  if (resource?.["detection/development"] != null) {
    const message =
      "resource detection cannot be configured; the setting is ignored, and attributes of the host, the process and service.instance.id " +
      "are set in any case; set service.name under attributes";
    document.note("warning", ["resource", "detection/development"], message);
  }
  for (const [n, { type, value }] of (resource?.attributes ?? []).entries()) {
    if (!type?.startsWith("double") || ![value].flat().some(Number.isInteger)) continue;
    document.note(
      "warning",
      ["resource", "attributes", n, "type"],
      "whole numbers are exported as integers; the type has no effect on them",
    );
  }
  noteScopeLabels(document, meter_provider);
  const { pairs, problems } = attributePairs(resource?.attributes_list ?? "");
  for (const problem of problems) document.note("warning", ["resource", "attributes_list"], `${problem}; the entry is ignored`);
  const named = (resource?.attributes ?? []).map(({ name, value }) => [name, value] as const);
  return {
    meterProvider: meter_provider ?? { readers: [] },
    loggerProvider: logger_provider ?? undefined,
    resource: withValues([...pairs, ...named]),
    schemaUrl: resource?.schema_url || undefined,
    disabled: disabled ?? false,
  };
}

/** Without a file: as the standard variables configure it. */
export function openTelemetryOfEnvironment(document: ConfigDocument, env: Environment): OpenTelemetryConfig {
  const { warnings, meterProvider, loggerProvider, resource, disabled } = telemetryFromEnvironment(env);
  for (const warning of warnings) document.note("warning", [], warning);
  return {
    meterProvider: meterProviderOptions.parse(meterProvider),
    loggerProvider: loggerProvider && loggerProviderOptions.parse(loggerProvider),
    resource: withValues(Object.entries(resource)),
    schemaUrl: undefined,
    disabled,
  };
}

/** An attribute that is empty, such as one of an unset variable, would only replace its default. */
const withValues = (attributes: readonly (readonly [string, AttributeValue])[]): Attributes =>
  Object.fromEntries(attributes.flatMap(([name, value]) => (value == null || value === "" ? [] : [[name, value] as const])));

/** Settings about scope labels are harmless, and unlike other defaults theirs is not what `/metrics` does. */
function noteScopeLabels(document: ConfigDocument, config: MeterProviderOptions | null | undefined): void {
  for (const [n, { pull }] of (config?.readers ?? []).entries()) {
    const { scope_info_enabled, without_scope_info } = pull?.exporter["prometheus/development"] ?? {};
    const path = ["meter_provider", "readers", n, "pull", "exporter", "prometheus/development"];
    const message = "/metrics has no scope labels; the setting is ignored";
    if (scope_info_enabled === true) document.note("warning", [...path, "scope_info_enabled"], message);
    if (without_scope_info === false) document.note("warning", [...path, "without_scope_info"], message);
  }
}
