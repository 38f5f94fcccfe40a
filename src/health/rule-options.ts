import * as z from "zod";
import { parseDuration, durationSchema, holdSchema } from "../duration.ts";

/** What a rule can look at: statistics of a field over its window, and how the collection itself fares. */
export const FIELD_STATS = ["mean", "min", "max", "p50", "p95", "p99", "last", "rate", "increase", "trend"] as const;
export const COLLECTION_STATS = ["successRate", "age", "durationP95"] as const;
export type FieldStat = (typeof FIELD_STATS)[number];
export type CollectionStat = (typeof COLLECTION_STATS)[number];

export const isFieldStat = (stat: FieldStat | CollectionStat): stat is FieldStat => (FIELD_STATS as readonly string[]).includes(stat);

/** One entry of `health.rules`. */
export const ruleOptions = z
  .strictObject({
    /** Name of its alert. Default: made of the collection, the field and the statistic. */
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,99}$/, "expected a name: a letter, then letters, digits or _, at most 100")
      .optional(),
    collection: z.string(),
    /** Needed by every statistic but `successRate`, `age` and `durationP95`. */
    field: z.string().optional(),
    /** Attributes of the points that are meant; of several the worst decides. */
    where: z.record(z.string(), z.string()).default({}),
    stat: z.enum([...FIELD_STATS, ...COLLECTION_STATS]).default("last"),
    /** Over how long; `age` has none. */
    window: z
      .string()
      .refine((text) => durationSchema.safeParse(text).success, 'expected a length of time such as "5m"')
      .default("1m"),
    above: z.number().optional(),
    below: z.number().optional(),
    /** What the value has to get past to be well again. Default: the threshold itself. */
    clear: z.number().optional(),
    /** How long it has to be bad. */
    for: holdSchema.default(0),
    /** How long it has to be good again. */
    keep: holdSchema.default(60_000),
    status: z.enum(["degraded", "unhealthy", "critical"]).default("degraded"),
    /** One line about what it means. */
    summary: z.string().max(1_000).optional(),
  })
  .check(({ value, issues }) => {
    for (const [key, message] of misfits(value)) issues.push({ code: "custom", message, path: [key], input: value });
  });
/** As written: durations as text, defaults left out. */
export type RuleConfig = z.input<typeof ruleOptions>;
export type RuleOptions = z.output<typeof ruleOptions>;

interface Written {
  readonly field?: string | undefined;
  readonly stat: FieldStat | CollectionStat;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly clear?: number | undefined;
}

function* misfits({ field, stat, above, below, clear }: Written): Generator<readonly [key: string, message: string]> {
  if ((above === undefined) === (below === undefined)) yield ["above", "expected one threshold, above or below"];
  if (clear !== undefined && above !== undefined && clear > above)
    yield ["clear", `expected at most ${above}, because the rule fires above that`];
  if (clear !== undefined && below !== undefined && clear < below)
    yield ["clear", `expected at least ${below}, because the rule fires below that`];
  if (isFieldStat(stat) && field === undefined) yield ["field", `expected a field, because the statistic is ${stat}`];
  if (!isFieldStat(stat) && field !== undefined) yield ["field", `expected none, because ${stat} is about the whole collection`];
}

/** The rule's alert name: as written, or made of what it looks at, such as `AnalyticsCpuUtilizationP95`. */
export function alertNameOf({ name, collection, field = "", stat }: Pick<RuleOptions, "name" | "collection" | "field" | "stat">): string {
  const word = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
  const words = `${collection} ${field} ${stat}`.split(/[^a-zA-Z0-9]+/).filter((each) => each !== "");
  return name ?? words.map(word).join("");
}

/** The window in milliseconds; the schema has seen to its form. */
export const windowOf = ({ window }: Pick<RuleOptions, "window">): number => parseDuration(window) as number;
