import * as z from "zod";
import { harmless } from "../../base/harmless.ts";
import { parseDuration, UNIT_MS } from "../../base/quantity.ts";
import { durationSchema, holdSchema, windowSchema } from "../../base/duration.ts";

/** Statistics that a rule can judge: of a field over a window, and of the collection itself. */
export const FIELD_STATS = ["mean", "min", "max", "p50", "p95", "p99", "last", "rate", "increase", "trend"] as const;
export const COLLECTION_STATS = ["successRate", "age", "durationP95"] as const;
export type FieldStat = (typeof FIELD_STATS)[number];
export type CollectionStat = (typeof COLLECTION_STATS)[number];

export const isFieldStat = (stat: FieldStat | CollectionStat): stat is FieldStat => (FIELD_STATS as readonly string[]).includes(stat);

const ruleName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,99}$/, "expected a name: a letter, then letters, digits or _, at most 100")
  .register(harmless, {});

/** A condition on another field: exactly one threshold. */
const whileOptions = z
  .strictObject({
    /** Another field of the same sample type. */
    field: z.string(),
    /** Exactly one of the two thresholds, in the unit of that field: its newest value has to be above it. */
    above: z.number().optional(),
    /** Its newest value has to be below it. */
    below: z.number().optional(),
  })
  .refine(({ above, below }) => (above === undefined) !== (below === undefined), "expected exactly one threshold, above or below");
export type WhileOptions = z.output<typeof whileOptions>;

/** One entry of `health.rules`. */
export const ruleOptions = z
  .strictObject({
    /** Name of its alert. Default: derived from the collection, the field and the statistic. */
    name: ruleName.optional(),
    /** Name of the collection whose values it judges. */
    collection: z.string().register(harmless, {}),
    /** Required by every statistic except `successRate`, `age` and `durationP95`. */
    field: z.string().register(harmless, {}).optional(),
    /** Attributes that select points of the field; the worst of several points decides. */
    where: z.record(z.string(), z.string()).default({}),
    /** The statistic that it judges. Default: `last`. */
    stat: z.enum([...FIELD_STATS, ...COLLECTION_STATS]).default("last"),
    /** Length of the window; `age` has none. */
    window: windowSchema.default("1m"),
    /** Exactly one of the two thresholds, in the unit of the statistic: a value above it gives the status. */
    above: z.number().optional(),
    /** A value below it gives the status. */
    below: z.number().optional(),
    /** The value has to be past this to clear. Default: the threshold itself. */
    clear: z.number().optional(),
    /** Judges a point only while the newest value of another field, at the same attributes, is past a threshold. */
    while: whileOptions.optional(),
    /** How long the threshold has to be crossed before the status is entered. */
    for: holdSchema.default(0),
    /** Recovery hold: how long the value has to be past `clear` before the status is left. */
    keep_firing_for: holdSchema.default(60_000),
    /** The status that the rule gives. Default: `degraded`. */
    status: z.enum(["degraded", "unhealthy", "critical"]).default("degraded"),
    /** One line about what the alert means. */
    summary: z.string().max(1_000).optional(),
  })
  .check(({ value, issues }) => {
    for (const [key, message] of mismatches(value)) issues.push({ code: "custom", message, path: [key], input: value });
  });
/** One entry of `health.rules` as written: durations as text, defaults omitted. A rule gives its collection a status while a statistic is past a threshold. */
export type RuleConfig = z.input<typeof ruleOptions>;
export type RuleOptions = z.output<typeof ruleOptions>;

interface Written {
  readonly field?: string | undefined;
  readonly stat: FieldStat | CollectionStat;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly clear?: number | undefined;
}

/** Keys of a rule that contradict each other, with what was expected. */
export function* mismatches({ field, stat, above, below, clear }: Written): Generator<readonly [key: string, message: string]> {
  if ((above === undefined) === (below === undefined)) yield ["above", "expected exactly one threshold, above or below"];
  if (clear !== undefined && above !== undefined && clear > above)
    yield ["clear", `expected at most ${above}, the threshold above which the rule fires, found ${clear}`];
  if (clear !== undefined && below !== undefined && clear < below)
    yield ["clear", `expected at least ${below}, the threshold below which the rule fires, found ${clear}`];
  if (isFieldStat(stat) && field === undefined) yield ["field", `expected a field, which the statistic "${stat}" needs, found none`];
  if (!isFieldStat(stat) && field !== undefined)
    yield ["field", `expected no field, because "${stat}" is a statistic of the whole collection, found "${field}"`];
}

/** One entry of `health.source_rules`: what it changes of a rule that a source kind brings. */
const sourceRuleChanges = z.strictObject({
  /** Another threshold, in the unit of the field; a threshold of the other direction replaces it. */
  above: z.number().optional(),
  /** As `above`. */
  below: z.number().optional(),
  /** The value has to be past this to clear. */
  clear: z.number().optional(),
  /** Another condition for judging a point. */
  while: whileOptions.optional(),
  /** How long the threshold has to be crossed before the status is entered. */
  for: holdSchema.optional(),
  /** Recovery hold. */
  keep_firing_for: holdSchema.optional(),
  /** The status that the rule gives. */
  status: z.enum(["degraded", "unhealthy", "critical"]).optional(),
});

/** The rule's alert name: as written, or derived from what it judges, such as `AnalyticsCpuUtilizationP95`. */
export function alertNameOf({ name, collection, field = "", stat }: Pick<RuleOptions, "name" | "collection" | "field" | "stat">): string {
  const word = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
  const words = `${collection} ${field} ${stat}`.split(/[^a-zA-Z0-9]+/).filter((each) => each !== "");
  return name ?? words.map(word).join("");
}

/** The window in milliseconds; the schema has checked its form. */
export const windowOf = ({ window }: Pick<RuleOptions, "window">): number => parseDuration(window) as number;

/** A length of time as a configuration accepts it: in the largest unit that divides it. */
export function asWritten(ms: number): string {
  const [unit, size] = Object.entries(UNIT_MS).findLast(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}

const ratio = z.number().min(0).max(1);

/** `collector.health`. */
export const healthOptions = z.strictObject({
  /** Time between full assessments; a collection's components are also evaluated at each of its samples. */
  interval: durationSchema.default(30_000),
  /** Transitions kept per component. */
  history: z.int().min(1).max(10_000).default(100),
  /** A rule that worsens within this time of improving flaps: its recovery holds are extended to as much. */
  flapping: holdSchema.default(300_000),
  /** How long a built-in rule's threshold has to be crossed before its status is entered. */
  for: holdSchema.default(10_000),
  /** Recovery hold of the built-in rules: how long the value has to be past `clear`. */
  keep_firing_for: holdSchema.default(30_000),
  /** How long after the start sinks wait: what is still wrong then is sent, what has ended by then never is. */
  startup_grace: holdSchema.default(30_000),
  /** Required share of successful ticks of a collection, over 1m or at least six intervals; and the share that clears. */
  success: z
    .strictObject({
      /** A share below it is degraded. Default: 0.8. */
      degraded_below: ratio.default(0.8),
      /** Above it the status `degraded` ends. Default: 0.9. */
      degraded_clear: ratio.default(0.9),
      /** A share below it is critical. Default: 0.5. */
      critical_below: ratio.default(0.5),
      /** Above it the status `critical` ends. Default: 0.6. */
      critical_clear: ratio.default(0.6),
    })
    .prefault({}),
  /** Intervals without a sample after which a collection is unknown, and after which it is unhealthy. */
  stale: z
    .strictObject({
      /** In intervals. Default: 3. */
      unknown_after: z.number().min(1).default(3),
      /** In intervals. Default: 10. */
      unhealthy_after: z.number().min(1).default(10),
    })
    .prefault({}),
  /** Thresholds for this process: 99th percentile of the event-loop delay, share of the heap limit in use, share of ticks missed. */
  process: z
    .strictObject({
      /** 99th percentile of the event-loop delay above which the process is degraded. Default: 250 ms. */
      event_loop_delay: durationSchema.default(250),
      /** Share of the heap limit in use above which the process is degraded, 0 to 1. Default: 0.9. */
      heap: ratio.default(0.9),
      /** Share of due ticks that were missed above which the process is degraded, 0 to 1. Default: 0.1. */
      missed_ticks: ratio.default(0.1),
    })
    .prefault({}),
  /** Names of informational components: they neither affect the overall status nor raise alerts. */
  informational: z.array(z.string()).max(1_000).default([]),
  /** By the name of its alert, what to change of a rule that a source kind brings; `false` turns it off. */
  source_rules: z.record(ruleName, z.union([z.literal(false), sourceRuleChanges])).default({}),
  /** User-defined rules. One with the name of a rule of a source kind replaces it on its collection. */
  rules: z.array(ruleOptions).max(10_000).default([]),
});
export type HealthOptions = z.output<typeof healthOptions>;
