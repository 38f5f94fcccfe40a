import * as z from "zod";
import { parseDuration } from "../../base/quantity.ts";
import { durationSchema, holdSchema } from "../../base/duration.ts";

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
    keep_firing_for: holdSchema.default(60_000),
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

const share = z.number().min(0).max(1);

/** `collector.health`. */
export const healthOptions = z.strictObject({
  /** Time between full assessments; single components are also judged at each of their samples. */
  interval: durationSchema.default(30_000),
  /** Transitions kept of each component. */
  history: z.int().min(1).max(10_000).default(100),
  /** A rule that fires again within this time of resolving goes back and forth: it is held for as long. */
  flapping: holdSchema.default(300_000),
  /** How long the built-in rules have to see something bad before it counts. */
  for: holdSchema.default(0),
  /** How long the built-in rules have to see it good again. */
  keep_firing_for: holdSchema.default(30_000),
  /** Share of a collection's ticks, or of what a buffer retains, that has to succeed; and what it takes to be well again. */
  success: z
    .strictObject({
      degraded_below: share.default(0.8),
      degraded_clear: share.default(0.9),
      critical_below: share.default(0.5),
      critical_clear: share.default(0.6),
    })
    .prefault({}),
  /** Intervals without a sample after which nothing can be said of a collection, and after which it is broken. */
  silent: z.strictObject({ unknown_after: z.number().min(1).default(3), unhealthy_after: z.number().min(1).default(10) }).prefault({}),
  /** Of this process: 99th percentile of the event loop's delay, share of the heap's limit in use, share of ticks missed. */
  process: z
    .strictObject({
      event_loop_delay: durationSchema.default(250),
      heap: share.default(0.9),
      missed_ticks: share.default(0.1),
    })
    .prefault({}),
  /** Components that only inform, by name: they neither count towards the overall status nor alert. Buffers do so anyway. */
  informational: z.array(z.string()).max(1_000).default([]),
  /** Rules of your own. */
  rules: z.array(ruleOptions).max(10_000).default([]),
});
export type HealthOptions = z.output<typeof healthOptions>;
