import * as z from "zod";

/** Milliseconds an export may take. Zero would mean no limit, and everything here has one. */
export const EXPORT_TIMEOUT = { least: 1, most: 600_000, default: 10_000 };

export const notCarried = (what: string) => z.undefined({ error: `${what} is not carried by this program; remove it` }).optional();

/** The standard lets `null`, such as an unset variable, stand for the default. */
export const orDefault = <T extends z.ZodType>(schema: T, value: z.output<T>) => schema.nullish().transform((given) => given ?? value);

/** A whole number within bounds, both included. */
export function within({ least, most }: { readonly least: number; readonly most: number }, unit: string) {
  const error = `expected a whole number of ${unit} from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

const headers = z.array(z.strictObject({ name: z.string(), value: z.string().nullable() }));

/** An address that can be exported to. */
export const otlpEndpoint = z.url({ protocol: /^https?$/, error: "expected an http or https URL" });

/** What `otlp_http` of OpenTelemetry's declarative configuration has for every signal, as far as it is carried. */
export const otlpHttpShape = (signal: "metrics" | "logs") => ({
  endpoint: orDefault(otlpEndpoint, `http://localhost:4318/v1/${signal}`),
  headers: headers.nullish(),
  /** Comma-separated `key=value`; entries of `headers` come before. */
  headers_list: z.string().nullish(),
  compression: z.enum(["gzip", "none"]).nullish(),
  /** Milliseconds one export may take, retries included. */
  timeout: orDefault(within(EXPORT_TIMEOUT, "milliseconds"), EXPORT_TIMEOUT.default),
  encoding: orDefault(z.enum(["protobuf", "json"]), "protobuf"),
  tls: notCarried("tls"),
  max_request_size: notCarried("max_request_size"),
  max_response_size: notCarried("max_response_size"),
});
export type OtlpHttpOptions = z.output<z.ZodObject<ReturnType<typeof otlpHttpShape>>>;

/** The exporter of a reader or a processor: `otlp_http` with these options, and no other kind. */
export const otlpHttpExporter = <S extends z.core.$ZodLooseShape>(options: z.ZodObject<S>) =>
  z.strictObject({
    otlp_http: options.nullable().transform((given) => given ?? options.parse({})),
    otlp_grpc: notCarried("the exporter otlp_grpc"),
    "otlp_file/development": notCarried("the exporter otlp_file"),
    console: notCarried("the exporter console"),
  });
