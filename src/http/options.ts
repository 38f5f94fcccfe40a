import * as z from "zod";
import { VitalsError } from "../base/errors.ts";
import { EXPECTED_ALLOWED_HOST, isAddressRange, isAllowedHost } from "../base/address.ts";
import { parse, summaryOf } from "../base/issues.ts";
import { EXPECTED_TOKEN, isToken } from "../base/token.ts";

const functionSchema = z.custom<unknown>((value) => typeof value === "function", "expected a function");
const clients = z.int().min(0);

/** What `createApp` checks of its options. */
export const appOptions = z.strictObject({
  token: z
    .string()
    .refine((token) => token === "" || isToken(token), EXPECTED_TOKEN)
    .optional(),
  allowedHosts: z.array(z.string().refine(isAllowedHost, EXPECTED_ALLOWED_HOST)).readonly().optional(),
  publicBadges: z.boolean().optional(),
  metrics: functionSchema.optional(),
  reload: functionSchema.optional(),
  maxClients: clients.optional(),
  maxClientsPerAddress: clients.optional(),
  trustedProxies: z.array(z.string().refine(isAddressRange, "expected an IP address or a range such as 10.0.0.0/8")).readonly().optional(),
  logger: z.looseObject({ error: functionSchema, warn: functionSchema, info: functionSchema, debug: functionSchema }).optional(),
  clock: z.looseObject({ monotonicMs: functionSchema, wallMs: functionSchema, sleepUntil: functionSchema }).optional(),
});

/** What `createHandler` checks of its options. A path is compared as it is, so it has no character with a meaning in routes or URLs. */
export const handlerOptions = z.strictObject({
  ...appOptions.shape,
  path: z
    .string()
    .regex(/^(?:\/|(?:\/[\w.~-]+)+)$/, 'expected a path such as "/vitals", without a slash at its end')
    .optional(),
});

/** What `setAccess` checks of its options. */
export const accessOptions = appOptions.pick({ token: true, allowedHosts: true });

/** Where a server listens. */
export const listenOptions = z.strictObject({
  host: z.string().min(1, "expected a host name or an IP address").optional(),
  port: z
    .int("expected a port from 0 to 65535")
    .min(0, "expected a port from 0 to 65535")
    .max(65_535, "expected a port from 0 to 65535")
    .optional(),
  maxConnections: z.int().min(1).optional(),
});

/** What `serveMetrics` checks of its options. */
export const metricsOptions = z.strictObject({
  ...listenOptions.shape,
  allowedHosts: appOptions.shape.allowedHosts,
  logger: appOptions.shape.logger,
});

/** What `serve` checks of its options. */
export const serveOptions = z.strictObject({ ...appOptions.shape, ...listenOptions.shape, insecure: z.boolean().optional() });

/** @throws VitalsError `config_invalid` for options of the wrong type, and for unknown ones: a misspelt `token` must not leave a server open */
export function checkOptions(schema: z.ZodType, options: unknown, of: string): void {
  const parsed = parse(schema, options, { keys: "option" });
  if (!parsed.ok) throw new VitalsError("config_invalid", `invalid options of ${of}: ${summaryOf(parsed.issues, "the options")}`);
}
