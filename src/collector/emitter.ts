import { emitOn, globalLoggerProvider } from "../health/log-record.ts";
import type { HealthEvent } from "../health/record.ts";
import type { CollectorSettings } from "./collector.ts";

/** Emits on the caller's logger provider; does nothing if `telemetry` sends the log records. */
export function emitterOf({ loggerProvider, telemetry }: CollectorSettings): (event: HealthEvent) => void {
  const provider = loggerProvider ?? (telemetry ? undefined : globalLoggerProvider());
  return provider ? emitOn(provider) : () => {};
}
