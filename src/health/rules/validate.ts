import { VitalsError } from "../../base/errors.ts";
import { COLLECTION_ALERTS } from "./built-in.ts";
import { alertNameOf, isFieldStat, ruleOptions, type RuleOptions } from "./options.ts";
import { KIND_NAMES, type Axis, type Field } from "../../sample/field.ts";
import type { SampleType } from "../../sample/sample-type.ts";
import { didYouMean } from "../../base/suggest.ts";
import { parseDuration, duration } from "../../base/quantity.ts";
import { MIN_NUMBERS } from "../../statistics/trend.ts";

/** What a rule can be held against: a collection with its defaults filled in. */
export interface RuleSubject {
  readonly intervalMs: number;
  /** Samples that are kept. */
  readonly retain: number;
  readonly reading: { readonly type: SampleType };
}

/** Every configured collection by name; undefined where it is wrong itself, so that nothing can be said of its rules. */
export type RuleSubjects = ReadonlyMap<string, RuleSubject | undefined>;

/** A rule with its place in the list that it was written in. */
export type PlacedRule = readonly [place: number, rule: RuleOptions];

/** What is wrong with a rule, and where in it. */
export interface RuleProblem {
  readonly place: number;
  /** Keys that lead to it, from the rule on. */
  readonly path: readonly string[];
  /** What was expected and found, and what may have been meant. */
  readonly message: string;
}

type Misfit = Omit<RuleProblem, "place">;

/** The rules of a raw list that have the right form; what is wrong with the form of the others is the schema's to say. */
export function placedRules(raw: unknown): readonly PlacedRule[] {
  return (Array.isArray(raw) ? raw : []).flatMap((entry: unknown, place): readonly PlacedRule[] => {
    const parsed = ruleOptions.safeParse(entry);
    return parsed.success ? [[place, parsed.data]] : [];
  });
}

/** What a schema cannot see of rules: whether they lead somewhere, can fire, can resolve, and have names of their own. */
export function ruleProblems(rules: readonly PlacedRule[], subjects: RuleSubjects): readonly RuleProblem[] {
  const misfits = rules.flatMap(([place, rule]) => [...misfitsOf(rule, subjects)].map((misfit): RuleProblem => ({ place, ...misfit })));
  return [...misfits, ...namesakes(rules)].toSorted((a, b) => a.place - b.place);
}

/** @throws VitalsError `config_invalid` naming the first three problems */
export function refuseWrongRules(rules: readonly RuleOptions[], plans: readonly (RuleSubject & { readonly name: string })[]): void {
  const problems = ruleProblems([...rules.entries()], new Map(plans.map((plan) => [plan.name, plan])));
  if (problems.length === 0) return;
  const said = problems.slice(0, 3).map(({ place, path, message }) => `health.rules.${[place, ...path].join(".")}: ${message}`);
  const more = problems.length - said.length;
  throw new VitalsError("config_invalid", said.join("; ") + (more > 0 ? `; and ${more} more` : ""));
}

function* misfitsOf(rule: RuleOptions, subjects: RuleSubjects): Generator<Misfit> {
  if (!subjects.has(rule.collection)) {
    const names = [...subjects.keys()];
    const meant = didYouMean(rule.collection, names);
    yield { path: ["collection"], message: `expected the name of a collection (${names.join(", ") || "none"}), found another${meant}` };
    return;
  }
  const subject = subjects.get(rule.collection);
  if (!subject) return;
  const { type } = subject.reading;
  const field = rule.field === undefined ? undefined : fieldOf(type, rule.field);
  if (rule.field !== undefined && !field) {
    yield { path: ["field"], message: `expected a field of sample type "${type.name}", found another${fieldMeant(type, rule.field)}` };
    return;
  }
  yield* whereMisfits(rule, type, field);
  const statistic = field && statMisfit(rule.stat, field);
  if (statistic !== undefined) yield { path: ["stat"], message: statistic };
  else yield* reachProblems(rule, subject, field);
}

const fieldOf = (type: SampleType, name: string): Field | undefined => (Object.hasOwn(type.fields, name) ? type.fields[name] : undefined);

/** The field a name is a slip of, or whose instrument it names; all there are where none is near. */
function fieldMeant(type: SampleType, written: string): string {
  const named = Object.entries(type.fields).find(([, { kind, instrument }]) => kind !== "total" && instrument === written)?.[0];
  if (named !== undefined) return `; did you mean "${named}"?`;
  const keys = Object.keys(type.fields);
  return didYouMean(written, keys) || `; there are ${keys.join(", ")}`;
}

function* whereMisfits({ where, stat }: RuleOptions, type: SampleType, field: Field | undefined): Generator<Misfit> {
  for (const [attribute, value] of Object.entries(where)) {
    const path = ["where", attribute];
    if (!field) yield { path, message: `expected nothing, because ${stat} is about the whole collection` };
    else if (field.by.length === 0)
      yield { path, message: `expected nothing, because the field is a single number${partsOf(type, field)}` };
    else {
      const axis = field.by.find((each) => each.attribute === attribute);
      const message = axis ? valueMisfit(axis, value) : attributeMisfit(attribute, field.by);
      if (message !== undefined) yield { path, message };
    }
  }
}

/** Where the parts of a total are. */
function partsOf(type: SampleType, { kind, sums }: Field): string {
  const by = kind === "total" && sums !== undefined ? type.fields[sums]?.by : undefined;
  return by ? `; its parts, by ${by.map(({ attribute }) => attribute).join(" and ")}, are the field "${sums}"` : "";
}

function attributeMisfit(written: string, by: readonly Axis[]): string {
  const attributes = by.map(({ attribute }) => attribute);
  return `expected an attribute that the field is split by (${attributes.join(", ")}), found another${didYouMean(written, attributes)}`;
}

function valueMisfit({ values }: Axis, written: string): string | undefined {
  if (!values || values.includes(written)) return undefined;
  return `expected ${values.join(" or ")}, found something else${didYouMean(written, values)}`;
}

/** Of a running total only its growth, and where it stands, say anything. */
const OF_A_COUNTER: readonly RuleOptions["stat"][] = ["rate", "increase", "last", "trend"];

function statMisfit(stat: RuleOptions["stat"], { kind }: Field): string | undefined {
  if (!isFieldStat(stat)) return undefined;
  if (kind === "counter") {
    if (OF_A_COUNTER.includes(stat)) return undefined;
    return `expected ${OF_A_COUNTER.join(" or ")}, because the field is a running total, found ${stat}; did you mean "rate"?`;
  }
  if (stat !== "rate" && stat !== "increase") return undefined;
  return `expected another statistic, because ${stat} is for counters and the field is ${KIND_NAMES[kind]}; did you mean "trend"?`;
}

/** There is one alert for each component and alert name: a second rule of that name would be told as the first. */
function* namesakes(rules: readonly PlacedRule[]): Generator<RuleProblem> {
  const first = new Map<string, number>();
  for (const [place, rule] of rules) {
    const alert = alertNameOf(rule);
    const key = `${rule.collection}\0${alert}`;
    const other = first.get(key);
    if (COLLECTION_ALERTS.includes(alert))
      yield { place, path: ["name"], message: `expected a name of its own, found that of the built-in rule ${alert}` };
    else if (other === undefined) first.set(key, place);
    else {
      const message = `expected an alert name of its own on "${rule.collection}", found that of rule ${other + 1} of the list, ${alert}`;
      yield { place, path: ["name"], message: rule.name === undefined ? `${message}; give it a name` : message };
    }
  }
}

/** What could make a rule say nothing for ever: a window that never holds enough, a threshold that nothing reaches or gets back from. */
export function* reachProblems(rule: RuleOptions, subject: RuleSubject, field: Field | undefined): Generator<Misfit> {
  if (rule.stat !== "age") yield* windowMisfits(rule, subject);
  yield* thresholdMisfits(rule, rangeOf(rule.stat, field));
}

/** Samples that a statistic needs before it says anything. */
const NEEDED: Partial<Record<RuleOptions["stat"], number>> = { rate: 2, increase: 2, trend: MIN_NUMBERS };

function* windowMisfits({ stat, window }: RuleOptions, { intervalMs, retain }: RuleSubject): Generator<Misfit> {
  const windowMs = parseDuration(window) ?? Number.NaN;
  const retainedMs = retain * intervalMs;
  const needed = NEEDED[stat] ?? 1;
  const path = ["window"];
  if (windowMs > retainedMs) {
    const held = `${retain} samples, one every ${duration(intervalMs)}`;
    yield { path, message: `expected at most ${duration(retainedMs)}, because the collection retains ${held}; found a longer one` };
  }
  if (windowMs <= (needed - 1) * intervalMs) {
    const least = duration(needed * intervalMs);
    yield {
      path,
      message: `expected at least ${least}, because ${stat} needs ${needed} samples; found a shorter one, which never holds them`,
    };
  }
}

interface Bounds {
  readonly least: number;
  readonly most: number;
}

function rangeOf(stat: RuleOptions["stat"], field: Field | undefined): Bounds {
  if (stat === "successRate") return { least: 0, most: 1 };
  if (stat === "trend") return { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  if (stat === "rate" || stat === "increase" || !field) return { least: 0, most: Number.POSITIVE_INFINITY };
  return { least: field.min, most: field.max };
}

function* thresholdMisfits({ above, below, clear }: RuleOptions, { least, most }: Bounds): Generator<Misfit> {
  const [high, low] = [`the value is never above ${most}`, `the value is never below ${least}`];
  if (above !== undefined) {
    if (above >= most) yield { path: ["above"], message: `expected less than ${most}, because ${high}: the rule would never fire` };
    else if ((clear ?? above) <= least)
      yield {
        path: [clear === undefined ? "above" : "clear"],
        message: `expected more than ${least}, because ${low}: the alert would never resolve${least === 0 ? " (of a count, write 0.5)" : ""}`,
      };
  }
  if (below !== undefined) {
    if (below <= least) yield { path: ["below"], message: `expected more than ${least}, because ${low}: the rule would never fire` };
    else if ((clear ?? below) >= most)
      yield {
        path: [clear === undefined ? "below" : "clear"],
        message: `expected less than ${most}, because ${high}: the alert would never resolve`,
      };
  }
}
