import * as z from "zod";
import { durationSchema } from "../../base/duration.ts";
import { UNIT_MS } from "../../base/quantity.ts";
import { LAYOUTS } from "./layouts/index.ts";

/** A query that only reads, in the store's own language. */
const query = z.string().min(1);

const file = z.string().min(1);

const hasNoCredentials = (url: string): boolean => {
  const parsed = URL.parse(url);
  return parsed === null || (parsed.username === "" && parsed.password === "");
};

/** A URL with one of these schemes, without credentials: they would appear in messages. */
export const storeUrl = (...schemes: readonly string[]) =>
  z
    .url({
      protocol: new RegExp(`^(${schemes.map((scheme) => scheme.replace("+", "\\+")).join("|")})$`),
      error: `expected a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
    })
    .refine(hasNoCredentials, "expected a URL without credentials; set user and password or password_file");

/** The options of every store. */
export const storeOptions = {
  user: z.string().default(""),
  password: z
    .string()
    .nullish()
    .transform((password) => password ?? ""),
  /** File that contains the password, instead of `password`; read again at each connection. */
  password_file: file.optional(),
  /** Files in PEM format, for a server with certificates of its own authority, and one that asks for a client's certificate. */
  tls: z
    .strictObject({ ca: file.optional(), cert: file.optional(), key: file.optional() })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), "expected cert and key, found one of them")
    .optional(),
  /** Whose memory it is. `auto` looks at the labels once. */
  layout: z.enum(["auto", ...LAYOUTS.map(({ name }) => name)]).default("auto"),
  /** Minimum time between two scans, which visit many nodes or edges. */
  scan_interval: durationSchema.default(5 * UNIT_MS.m),
  /** Time after which the server ends a query of a scan. */
  scan_timeout: durationSchema.default(30_000),
  topology: z
    .strictObject({
      /** Maximum number of nodes, and of edges, of a graph whose edges are read. */
      max_items: z.int().min(1).default(5_000_000),
      /** Time for clustering, diameter, centrality and modularity together. */
      budget: durationSchema.default(5_000),
      /** Time for reading the edges. */
      timeout: durationSchema.default(2 * UNIT_MS.m),
    })
    .prefault({}),
  /** Number of dimensions of the embeddings; those of another size count in `embeddingMismatch`. Default: that of the oldest one. */
  embedding_dimension: z.int().min(1).optional(),
  /** The value of `gen_ai.memory.store.id`, by which these metrics join the spans of an agent. Default: the source's name. */
  store_id: z.string().min(1).optional(),
  /**
   * By sample type and field, a query of your own: it returns one number, or a row for each value of the field's axes with the number last.
   * `scan: true` runs it at most once every `scan_interval`.
   */
  queries: z
    .record(z.string(), z.record(z.string(), z.union([query, z.strictObject({ query, scan: z.boolean().default(false) })])))
    .default({}),
  /** A retrieval that is really made, for `retrievalDuration`. */
  probe: z
    .strictObject({
      /** What a full-text query searches for. Default: a stored embedding is the query. */
      text: z.string().min(1).optional(),
      /** The full-text index; in FalkorDB its label. Default: that of the layout. */
      index: z.string().min(1).optional(),
      /** Minimum time between two retrievals. */
      interval: durationSchema.default(UNIT_MS.m),
    })
    .optional(),
};

const schema = z.object(storeOptions);
export type StoreOptions = z.output<typeof schema>;
