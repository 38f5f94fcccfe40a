import { COLLECTION_ALERTS } from "./built-in.ts";
import { alertNameOf, asWritten, isFieldStat, type RuleOptions } from "./options.ts";
import { isRunningTotal, KIND_NAMES, type Axis, type Field } from "../../sample/field.ts";
import type { SampleType } from "../../sample/sample-type.ts";
import { alternatives, didYouMean, quoted, unknownName } from "../../base/suggest.ts";
import { parseDuration, duration } from "../../base/quantity.ts";
import { MIN_READINGS } from "./observed-rate.ts";
import { MIN_NUMBERS } from "../../statistics/trend.ts";
import { whileMismatches } from "./while.ts";

/** A collection with its defaults filled in, as far as rules depend on it. */
export interface RuleSubject {
  readonly intervalMs: number;
  /** Number of samples retained. */
  readonly retain: number;
  readonly reading: { readonly type: SampleType };
  /** Milliseconds between two measurements of each field: the interval, or longer where the source measures the field less often. */
  readonly cadence: ReadonlyMap<string, number>;
}

/** Every configured collection by name; undefined where its own configuration is invalid, so that its rules cannot be checked. */
export type RuleSubjects = ReadonlyMap<string, RuleSubject | undefined>;

/** A rule with its index in the list that it was written in. */
export type IndexedRule = readonly [index: number, rule: RuleOptions];

/** What is wrong with a rule, and where. */
export interface RuleProblem {
  /** Index of the rule in its list. */
  readonly index: number;
  /** Keys that lead to the problem, from the rule on. */
  readonly path: readonly string[];
  /** What was expected, what was found, and what may have been meant. */
  readonly message: string;
}

type Mismatch = Omit<RuleProblem, "index">;

/** Problems of rules that a schema cannot see: unknown names, rules that can never fire or resolve, alert names used twice. */
export function ruleProblems(rules: readonly IndexedRule[], subjects: RuleSubjects): readonly RuleProblem[] {
  const mismatches = rules.flatMap(([index, rule]) => [...mismatchesOf(rule, subjects)].map((each): RuleProblem => ({ index, ...each })));
  return [...mismatches, ...duplicateNames(rules)].toSorted((a, b) => a.index - b.index);
}

function* mismatchesOf(rule: RuleOptions, subjects: RuleSubjects): Generator<Mismatch> {
  if (!subjects.has(rule.collection)) {
    yield { path: ["collection"], message: unknownName("collection", rule.collection, subjects.keys()) };
    return;
  }
  const subject = subjects.get(rule.collection);
  if (!subject) return;
  const { type } = subject.reading;
  const field = rule.field === undefined ? undefined : fieldOf(type, rule.field);
  if (rule.field !== undefined && !field) {
    yield {
      path: ["field"],
      message: `sample type ${quoted(type.name)} has no field ${quoted(rule.field)}${fieldMeant(type, rule.field)}`,
    };
    return;
  }
  yield* whereMismatches(rule, type, field);
  yield* whileMismatches(rule, type);
  const statistic = field && statMismatch(rule, field, type);
  if (statistic !== undefined) yield { path: ["stat"], message: statistic };
  else yield* reachMismatches(rule, subject, field);
}

const fieldOf = (type: SampleType, name: string): Field | undefined => (Object.hasOwn(type.fields, name) ? type.fields[name] : undefined);

/** The field whose instrument was named, or whose name is similar; all fields where none is. */
function fieldMeant(type: SampleType, written: string): string {
  const ofInstrument = Object.entries(type.fields).find(([, { kind, instrument }]) => kind !== "total" && instrument === written)?.[0];
  if (ofInstrument !== undefined) return `; did you mean ${quoted(ofInstrument)}?`;
  const keys = Object.keys(type.fields);
  return didYouMean(written, keys) || `; expected ${alternatives(keys)}`;
}

function* whereMismatches({ where, stat, field: name = "" }: RuleOptions, type: SampleType, field: Field | undefined): Generator<Mismatch> {
  for (const [attribute, value] of Object.entries(where)) {
    const path = ["where", attribute];
    if (!field)
      yield {
        path,
        message: `expected no attributes, because ${quoted(stat)} is a statistic of the whole collection, found ${quoted(value)}`,
      };
    else if (field.by.length === 0)
      yield {
        path,
        message: `expected no attributes, because field ${quoted(name)} is a single number, found ${quoted(value)}${partsOf(type, field)}`,
      };
    else {
      const axis = field.by.find((each) => each.attribute === attribute);
      const message = axis ? valueMismatch(axis, value) : attributeMismatch(name, attribute, field.by);
      if (message !== undefined) yield { path, message };
    }
  }
}

/** Names the field that has the parts of a total. */
function partsOf(type: SampleType, { kind, sums }: Field): string {
  const by = kind === "total" && sums !== undefined ? type.fields[sums]?.by : undefined;
  return by ? `; its parts by ${by.map(({ attribute }) => attribute).join(" and ")} are in field "${sums}"` : "";
}

function attributeMismatch(field: string, written: string, by: readonly Axis[]): string {
  const attributes = by.map(({ attribute }) => attribute);
  const meant = didYouMean(written, attributes) || `; expected ${alternatives(attributes)}`;
  return `field ${quoted(field)} has no attribute ${quoted(written)}${meant}`;
}

function valueMismatch({ values }: Axis, written: string): string | undefined {
  if (!values || values.includes(written)) return undefined;
  return `expected ${alternatives(values)}, found ${quoted(written)}${didYouMean(written, values)}`;
}

/** Statistics that mean something for a running total: its growth, and its current value. */
const OF_A_COUNTER: readonly RuleOptions["stat"][] = ["rate", "increase", "last", "trend"];

/** Those of a total of counters, which falls when one of them restarts. */
const OF_A_TOTAL: readonly RuleOptions["stat"][] = ["last", "trend"];

function statMismatch({ stat, field = "" }: RuleOptions, described: Field, { fields }: SampleType): string | undefined {
  if (!isFieldStat(stat)) return undefined;
  const { kind, sums = "" } = described;
  if (kind === "counter") {
    if (OF_A_COUNTER.includes(stat)) return undefined;
    return `expected ${alternatives(OF_A_COUNTER)}, because field ${quoted(field)} is a counter, found ${quoted(stat)}; did you mean "rate"?`;
  }
  if (stat === "rate" || stat === "increase")
    return `expected a statistic of ${KIND_NAMES[kind]}, which field ${quoted(field)} is, found ${quoted(stat)}; did you mean "trend"?`;
  if (!isRunningTotal(described, fields) || OF_A_TOTAL.includes(stat)) return undefined;
  return `expected ${alternatives(OF_A_TOTAL)}, because field ${quoted(field)} is a total of counters, found ${quoted(stat)}; field ${quoted(sums)} has rate and increase`;
}

/** A component has one alert of each name, so two rules with the same one would overwrite each other's alert. */
function* duplicateNames(rules: readonly IndexedRule[]): Generator<RuleProblem> {
  const first = new Map<string, number>();
  for (const [index, rule] of rules) {
    const alert = alertNameOf(rule);
    const key = `${rule.collection}\0${alert}`;
    const other = first.get(key);
    if (COLLECTION_ALERTS.includes(alert))
      yield { index, path: ["name"], message: `expected a unique alert name, found ${quoted(alert)}, which is a built-in rule` };
    else if (other === undefined) first.set(key, index);
    else {
      const message = `expected a unique alert name on collection ${quoted(rule.collection)}, found ${quoted(alert)}, which health.rules.${other} has as well`;
      yield { index, path: ["name"], message: rule.name === undefined ? `${message}; set a name` : message };
    }
  }
}

/** What keeps a rule from ever having an effect: a window that never holds enough, a threshold that is never crossed or never left. */
function* reachMismatches(rule: RuleOptions, subject: RuleSubject, field: Field | undefined): Generator<Mismatch> {
  if (rule.stat === "age") yield* ageMismatches(rule, subject);
  else yield* windowMismatches(rule, subject);
  const isOnlyGrowing = field !== undefined && isRunningTotal(field, subject.reading.type.fields);
  if (isOnlyGrowing && rule.stat === "last" && rule.above !== undefined) {
    const message = `expected "below", because the value of field ${quoted(rule.field ?? "")} only grows: the alert would never resolve; did you mean stat ${quoted(field.kind === "counter" ? "rate" : "trend")}?`;
    yield { path: ["above"], message };
  } else yield* thresholdMismatches(rule, rangeOf(rule.stat, field));
}

/** Measurements that a statistic needs in its window; one for those that are not listed. */
const NEEDED: Partial<Record<RuleOptions["stat"], number>> = { rate: 2, increase: 2, trend: MIN_NUMBERS, successRate: MIN_READINGS };

function* windowMismatches({ stat, window, field }: RuleOptions, { intervalMs, retain, cadence }: RuleSubject): Generator<Mismatch> {
  const windowMs = parseDuration(window) ?? Number.NaN;
  const retainedMs = retain * intervalMs;
  const everyMs = (field === undefined ? undefined : cadence.get(field)) ?? intervalMs;
  const needed = NEEDED[stat] ?? 1;
  const path = ["window"];
  if (windowMs > retainedMs) {
    const held = `the collection retains ${retain} samples, one every ${duration(intervalMs)}`;
    yield { path, message: `expected at most ${asWritten(retainedMs)}, because ${held}, found ${quoted(window)}` };
  }
  // A shorter window lacks a measurement at some evaluations: a status could be entered, and hardly ever left.
  if (windowMs < needed * everyMs) {
    const why = `${quoted(stat)} needs ${needed === 1 ? "a measurement" : `${needed} measurements`}, one every ${duration(everyMs)}`;
    yield { path, message: `expected at least ${asWritten(needed * everyMs)}, because ${why}, found ${quoted(window)}` };
  }
}

/** Between two samples the age grows to the interval, so that an alert above less could never stay resolved. */
function* ageMismatches({ above, clear }: RuleOptions, { intervalMs }: RuleSubject): Generator<Mismatch> {
  const cleared = clear ?? above;
  if (above === undefined || cleared === undefined || cleared * 1_000 > intervalMs) return;
  const message = `expected more than ${intervalMs / 1_000}, the interval of the collection in seconds, found ${cleared}: the alert would never resolve`;
  yield { path: [clear === undefined ? "above" : "clear"], message };
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

function rangeOf(stat: RuleOptions["stat"], field: Field | undefined): Bounds {
  if (stat === "successRate") return { min: 0, max: 1 };
  if (stat === "trend") return { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  if (stat === "rate" || stat === "increase" || !field) return { min: 0, max: Number.POSITIVE_INFINITY };
  return { min: field.min, max: field.max };
}

function* thresholdMismatches({ above, below, clear }: RuleOptions, { min, max }: Bounds): Generator<Mismatch> {
  const clearKey = (threshold: string): readonly string[] => [clear === undefined ? threshold : "clear"];
  if (above !== undefined) {
    const cleared = clear ?? above;
    if (above >= max)
      yield { path: ["above"], message: `expected less than ${max}, the maximum of the value, found ${above}: the rule would never fire` };
    else if (cleared < min || (cleared === min && cleared !== above))
      yield {
        path: clearKey("above"),
        message: `expected more than ${min}, the minimum of the value, found ${cleared}: the alert would never resolve`,
      };
  }
  if (below !== undefined) {
    const cleared = clear ?? below;
    if (below <= min)
      yield { path: ["below"], message: `expected more than ${min}, the minimum of the value, found ${below}: the rule would never fire` };
    else if (cleared > max || (cleared === max && cleared !== below))
      yield {
        path: clearKey("below"),
        message: `expected less than ${max}, the maximum of the value, found ${cleared}: the alert would never resolve`,
      };
  }
}
