import type { CollectionPlan } from "../collector/resolve.ts";
import type { Field } from "../sample/field.ts";
import { WITH_DURATION, type Outcome } from "../sample/outcome.ts";
import { assemble, validateReading, type AnyValues, type Point } from "../sample/sample-type.ts";
import { INSTANT_MS } from "../sample/sample.ts";
import { unknownName } from "../base/suggest.ts";
import { timestampText } from "./timestamp.ts";
import { GAP, parseSeries, SILENT, type Item } from "./series.ts";

/** One tick of a simulated collection with a sample. */
export interface SimulatedTick {
  /** When it is due and starts. Milliseconds since the start of the run. */
  readonly dueMs: number;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Present exactly if the outcome is `success`. */
  readonly values?: AnyValues;
}

/** A collection's ticks in a simulated run, oldest first. */
export interface TickSequence {
  readonly ticks: readonly SimulatedTick[];
  /** When the last tick is due, including ticks without a sample. */
  readonly endMs: number;
}

/** Reports a problem with a collection's series, at a path inside them. */
export type ReportProblem = (path: readonly string[], message: string) => void;

/** Series about the ticks, not about a field. */
const OUTCOME = "$outcome";
const DURATION = "$duration";

/** A written series with its path. */
interface WrittenSeries {
  readonly path: readonly string[];
  readonly items: readonly Item[];
}

type FieldSeries = WrittenSeries & { readonly point: Omit<Point, "value"> };

/** A collection's ticks from its series: by field, nested like the field's attributes, with `$outcome` and `$duration`. */
export function ticksOf(plan: CollectionPlan, written: Readonly<Record<string, unknown>>, problem: ReportProblem): TickSequence {
  const { fields, name } = plan.reading.type;
  const allSeries: FieldSeries[] = [];
  for (const [key, value] of Object.entries(written)) {
    if (key === OUTCOME || key === DURATION) continue;
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field) allSeries.push(...seriesOfField(field, [key], value, problem));
    else problem([key], unknownName("field", key, [...Object.keys(fields), OUTCOME, DURATION], `of sample type "${name}"`));
  }
  const outcomes = writtenSeries([OUTCOME], written[OUTCOME], problem);
  const durations = writtenSeries([DURATION], written[DURATION], problem);
  const length = Math.max(0, ...[...allSeries, outcomes, durations].map((series) => series?.items.length ?? 0));
  const ticks: SimulatedTick[] = [];
  let freeMs = 0;
  for (let n = 0; n < length; n += 1) {
    const tick = tickOf(plan, n, allSeries, outcomes, durations, problem);
    // The following ticks often have the same problem: one report is enough.
    if (!tick) break;
    if (tick === SILENT) continue;
    if (tick.outcome !== "missed" && freeMs - tick.dueMs > plan.intervalMs / 2) {
      problem(
        [],
        `expected the outcome missed at tick ${n + 1} (${timestampText(tick.dueMs)}), because the tick before it lasts until ${timestampText(freeMs)}`,
      );
      break;
    }
    freeMs = tick.dueMs + tick.durationMs;
    ticks.push(tick);
  }
  return { ticks, endMs: Math.max(0, length - 1) * plan.intervalMs };
}

/** The series of a field: one, or one for each attribute value. */
function seriesOfField(field: Field, path: readonly string[], value: unknown, problem: ReportProblem): readonly FieldSeries[] {
  const [key = "", ...values] = path;
  const axis = field.by[values.length];
  if (!axis) {
    const series = writtenSeries(path, value, problem);
    const wrong = series?.items.find((item) => typeof item === "number" && (item < field.min || item > field.max));
    if (wrong !== undefined) {
      problem(path, `expected numbers from ${field.min} to ${field.max}, found ${wrong}`);
      return [];
    }
    return series ? [{ ...series, point: { field: key, path: values } }] : [];
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problem(path, `expected a series for each ${axis.attribute}, such as { ${axis.values?.[0] ?? "a"}: 0.5x30 }`);
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!axis.values || axis.values.includes(key)) return seriesOfField(field, [...path, key], inner, problem);
    problem([...path, key], unknownName("value", key, axis.values, `of ${axis.attribute}`));
    return [];
  });
}

function writtenSeries(path: readonly string[], value: unknown, problem: ReportProblem): WrittenSeries | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" && typeof value !== "number") {
    problem(path, "expected a series such as 0.5x30 0.9x60");
    return undefined;
  }
  const parsed = parseSeries(String(value));
  if (!parsed.ok) {
    problem(path, parsed.message);
    return undefined;
  }
  const wrong = parsed.items.find((item) => !isAllowed(path[0] as string, item));
  if (wrong === undefined) return { path, items: parsed.items };
  problem(path, path[0] === OUTCOME ? `expected outcomes or ${SILENT}, found ${wrong}` : `expected numbers or ${GAP}, found ${wrong}`);
  return undefined;
}

function isAllowed(key: string, item: Item): boolean {
  if (key === OUTCOME) return typeof item !== "number" && item !== GAP;
  return key === DURATION ? item === GAP || (typeof item === "number" && item >= 0) : item !== "success";
}

function tickOf(
  plan: CollectionPlan,
  n: number,
  allSeries: readonly FieldSeries[],
  outcomes: WrittenSeries | undefined,
  durations: WrittenSeries | undefined,
  problem: ReportProblem,
): SimulatedTick | typeof SILENT | undefined {
  const dueMs = n * plan.intervalMs;
  let outcome = outcomes?.items[n] as Outcome | typeof SILENT | undefined;
  let decidedBy = outcomes;
  const points: (readonly [Omit<Point, "value">, number])[] = [];
  for (const series of allSeries) {
    const item = series.items[n];
    if (item === undefined || item === GAP) continue;
    const implied = typeof item === "number" ? "success" : item;
    if (outcome !== undefined && outcome !== implied) {
      const where = decidedBy?.path.join(".");
      problem(
        series.path,
        `expected ${GAP} at tick ${n + 1} (${timestampText(dueMs)}), because its outcome is ${outcome} by ${where}; found ${item}`,
      );
      return undefined;
    }
    [outcome, decidedBy] = [implied, series];
    if (typeof item === "number") points.push([series.point, item]);
  }
  if (outcome === SILENT) return SILENT;
  if (outcome !== undefined && outcome !== "success") return { dueMs, outcome, durationMs: durationOf(plan, outcome, durations?.items[n]) };
  const values = assemble(points);
  const verdict = validateReading(plan.reading.type, values);
  if (points.length > 0 && !verdict.ok) {
    problem([], `tick ${n + 1} (${timestampText(dueMs)}): ${verdict.message}`);
    return undefined;
  }
  return { dueMs, outcome: "success", values, durationMs: durationOf(plan, "success", durations?.items[n]) };
}

/** A tick without a reading takes no time; a reading that timed out takes the whole timeout. */
function durationOf({ timeoutMs }: CollectionPlan, outcome: Outcome, written: Item | undefined): number {
  if (!WITH_DURATION.has(outcome)) return 0;
  if (outcome === "timeout") return timeoutMs;
  return typeof written === "number" ? Math.max(INSTANT_MS, written * 1_000) : INSTANT_MS;
}
