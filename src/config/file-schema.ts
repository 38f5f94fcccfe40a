import * as z from "zod";
import { collectorOptions } from "../collector/options.ts";
import { loggerProviderOptions, meterProviderOptions } from "../telemetry/export/options.ts";

/** `collector.server` of a configuration file. */
export const serverOptions = z.strictObject({
  /** Address to bind. Anything but loopback needs a token, or `insecure: true`. */
  host: z.string().min(1).default("127.0.0.1"),
  /** 0 lets the system choose. */
  port: z.int().min(0).max(65_535).default(9464),
  /** What clients send as a bearer token; empty for none. */
  token: z
    .string()
    .nullish()
    .transform((token) => token ?? ""),
  /** A file that holds the token, instead of `token`. */
  token_file: z.string().optional(),
  /** Names beside loopback's by which clients may ask for the server. */
  allowed_hosts: z.array(z.string()).default([]),
  /** Lets an open address go without a token. */
  insecure: z.boolean().default(false),
  /** Clients of the event stream, in all and from one address. */
  max_clients: z.int().min(1).max(1_000_000).default(10_000),
  max_clients_per_address: z.int().min(1).max(1_000_000).default(100),
});
export type ServerOptions = z.output<typeof serverOptions>;

const attribute = z.strictObject({
  name: z.string().min(1),
  value: z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.array(z.number()), z.array(z.boolean())], {
    error: "expected text, a number, true or false, or a list of one of them",
  }),
  type: z.string().nullish(),
});

const resource = z.strictObject({
  attributes: z.array(attribute).nullish(),
  /** Comma-separated `key=value`; entries of `attributes` come before. */
  attributes_list: z.string().nullish(),
  schema_url: z.string().nullish(),
});

/** The `collector:` part of a file: what a collector takes, and the server the command puts in front of it. */
export const collectorFileOptions = collectorOptions.extend({
  server: serverOptions.prefault({}),
});

/** Parts of OpenTelemetry's declarative configuration that are not ours: known, and passed over with a warning. */
export const NOT_OURS = [
  "tracer_provider",
  "propagator",
  "attribute_limits",
  "log_level",
  "instrumentation/development",
  "distribution",
] as const;

/** A whole configuration file: OpenTelemetry's declarative configuration as far as it is carried, and `collector`. */
export const fileSchema = z.strictObject({
  file_format: z
    .string({ error: 'expected "1.0" in quotes' })
    .regex(/^1\.\d+(-.+)?$/, 'expected "1.0", the version of the declarative configuration that is understood'),
  disabled: z.boolean().nullish(),
  resource: resource.nullish(),
  meter_provider: meterProviderOptions.nullish(),
  logger_provider: loggerProviderOptions.nullish(),
  collector: collectorFileOptions.prefault({}),
});
export type FileConfig = z.output<typeof fileSchema>;
