import type { Attributes } from "@opentelemetry/api";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import { createCollector } from "../create-collector.ts";
import type { Collector, CollectorSettings } from "../collector.ts";
import { readConfigFile } from "../config/read-file.ts";
import { messageOf, VitalsError } from "../errors.ts";
import { createTelemetry, type Telemetry } from "../telemetry/provider.ts";
import { processResource } from "../telemetry/resource.ts";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../version.ts";

/** A collector with a meter provider of its own, as the command runs it. */
export interface Composition {
  readonly collector: Collector;
  readonly telemetry: Telemetry;
}

/** Makes what a configuration describes; nothing runs yet. */
export function compose(config: LoadedConfig, settings: Pick<CollectorSettings, "sinks" | "mute"> = {}): Composition {
  const resource = resourceOf(config);
  const telemetry = createTelemetry(config.meterProvider, { resource, loggerProvider: config.loggerProvider });
  const identity = { service: String(resource["service.name"]), instance: instanceOf(config) };
  const { collector: options, baseDir, sourceKinds } = config;
  return { telemetry, collector: createCollector(options, { ...settings, telemetry, baseDir, sourceKinds, identity }) };
}

/** The same after a restart, so that an alert which goes on is the same alert: as configured, or where it is asked. */
function instanceOf({ resource, server }: LoadedConfig): string {
  const configured = resource["service.instance.id"];
  return typeof configured === "string" ? configured : `${hostname()}:${server.port}`;
}

function resourceOf({ resource }: LoadedConfig): Attributes {
  return { ...processResource(), "service.name": PACKAGE_NAME, "service.version": PACKAGE_VERSION, ...resource };
}

/** The token that clients of the server send; empty for none. @throws VitalsError `config_unreadable` when its file cannot be read */
export async function serverToken({ server, baseDir }: LoadedConfig): Promise<string> {
  if (server.token_file === undefined) return server.token;
  const text = await readConfigFile(resolve(baseDir, server.token_file)).catch((error: unknown) => {
    throw new VitalsError("config_unreadable", `collector.server.token_file cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const token = text.trim();
  if (token === "")
    throw new VitalsError("config_invalid", `collector.server.token_file "${server.token_file}": expected a token, found an empty file`);
  return token;
}
