import * as api from "@opentelemetry/api";
import { VitalsError } from "../../base/errors.ts";

export type { LoggerProviderConfig, MeterProviderConfig } from "./options.ts";
export type { TelemetrySettings } from "./provider.ts";
export type { ExporterReport, Scrape, Telemetry } from "../telemetry.ts";

// Loaded only now: the SDK does not link with an older API, and the error would merely name a missing export.
if (!("logs" in api)) {
  const message =
    "otel-vitals/telemetry requires @opentelemetry/api 1.10 or newer, found an older version; " +
    "upgrade it, or pass the meterProvider of the program's own SDK to createCollector";
  throw new VitalsError("config_invalid", message);
}

const provider = await import("./provider.ts");

/**
 * Makes a meter provider with the readers of a declarative configuration's `meter_provider`, and exporters of log records as its
 * `logger_provider` says. Sets nothing global. The program that called it shuts it down.
 *
 * @param config a `meter_provider` as in the file: its readers
 * @param settings `resource`, `schemaUrl`, `loggerProvider` and `clock`
 * @throws VitalsError `config_invalid` if either has a part that this package does not support
 */
export const createTelemetry = provider.createTelemetry;
