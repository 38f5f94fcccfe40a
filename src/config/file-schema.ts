import * as z from "zod";
import { harmless } from "../base/harmless.ts";
import { EXPECTED_ALLOWED_HOST, isAddressRange, isAllowedHost, isHost, isLoopback } from "../base/address.ts";
import { optionalToken } from "../base/token.ts";
import { optionalUrl } from "../base/url.ts";
import { collectorOptions } from "../collector/options.ts";
import { loggerProviderOptions, meterProviderOptions } from "../telemetry/export/options.ts";
import { resourceOptions } from "./resource.ts";

/** `collector.server` of a configuration file. */
export const serverOptions = z
  .strictObject({
    /** Address to listen on. An address other than loopback requires a token, or `insecure: true`. */
    host: z.string().refine(isHost, "expected a host name or an IP address").register(harmless, {}).default("127.0.0.1"),
    /** 0 lets the system choose. */
    port: z.int().min(0).max(65_535).default(9464),
    /** URL at which people reach the page, as Prometheus' `--web.external-url`: alerts link to it. Empty for no links. */
    external_url: optionalUrl().optional(),
    /** The bearer token that clients send; empty for none. */
    token: optionalToken(),
    /** A file that contains the token, instead of `token`. */
    token_file: z.string().optional(),
    /** Accepted Host names in addition to loopback's and `host`. */
    allowed_hosts: z.array(z.string().refine(isAllowedHost, EXPECTED_ALLOWED_HOST)).default([]),
    /** Whether the badges of components need no token. */
    public_badges: z.boolean().default(false),
    /** Allows an address other than loopback without a token. */
    insecure: z.boolean().default(false),
    /** Maximum number of event stream clients, in total and per address. */
    max_clients: z.int().min(1).max(1_000_000).default(10_000),
    max_clients_per_address: z.int().min(1).max(1_000_000).default(100),
    /** Maximum number of connections. Default: 12 000, or what the limit of open files allows. */
    max_connections: z.int().min(1).max(1_000_000).optional(),
    /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is trusted for the limits by address. */
    trusted_proxies: z.array(z.string().refine(isAddressRange, "expected an IP address or a range such as 10.0.0.0/8")).default([]),
  })
  .check(({ value, issues }) => {
    const { host, insecure, token, token_file } = value;
    if (!isLoopback(host) && token === "" && token_file === undefined && !insecure) {
      const message =
        "expected a token or token_file as well, because other machines can reach this address; insecure: true allows it without one";
      issues.push({ code: "custom", message, path: ["host"], input: host });
    }
    if (value.token === "" || value.token_file === undefined) return;
    const message = "token and token_file exclude each other; remove one";
    issues.push({ code: "custom", message, path: ["token_file"], input: value });
  });
export type ServerOptions = z.output<typeof serverOptions>;

/** The `collector` section of a file: the collector's options and those of the command's HTTP server. */
export const collectorFileOptions = collectorOptions.extend({
  server: serverOptions.prefault({}),
});

/** Sections of OpenTelemetry's declarative configuration that are ignored with a warning. */
export const IGNORED_SECTIONS = [
  "tracer_provider",
  "propagator",
  "attribute_limits",
  "log_level",
  "instrumentation/development",
  "distribution",
] as const;

/** A configuration file: the supported part of OpenTelemetry's declarative configuration, and `collector`. */
export const fileSchema = z.strictObject({
  file_format: z
    .string({ error: 'expected "1.0" in quotes' })
    .regex(/^1\.\d+(-.+)?$/, 'expected "1.0", the supported version of the declarative configuration')
    .register(harmless, {}),
  disabled: z.boolean().nullish(),
  resource: resourceOptions.nullish(),
  meter_provider: meterProviderOptions.nullish(),
  logger_provider: loggerProviderOptions.nullish(),
  collector: collectorFileOptions.prefault({}),
});
export type FileConfig = z.output<typeof fileSchema>;
