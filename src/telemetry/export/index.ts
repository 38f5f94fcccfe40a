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

export const { createTelemetry } = await import("./provider.ts");
