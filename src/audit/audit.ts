import type { AnyValues } from "../sample/sample-type.ts";
import { sumOf } from "../sample/sample-type.ts";
import { fieldOf, ITEMS, type Item } from "./items.ts";
import { compare, type Limit, type LimitResult } from "./limit.ts";
import type { SourceReading, TypeReading } from "./reading.ts";

/** One number of an audit; without a value, the reason. */
export interface Finding {
  readonly item: Item;
  readonly value?: number;
  /** How the number is made up, the largest part first. */
  readonly parts?: Readonly<Record<string, number>>;
  /** Why it was not measured. */
  readonly reason?: string;
}

/** An audit of one memory: of a source, or of one part of it, such as a graph of a store that has several. */
export interface Audit {
  readonly source: string;
  readonly kind: string;
  readonly part?: string;
  readonly findings: readonly Finding[];
  readonly limits: readonly LimitResult[];
  /** What is missing of a reading, a line each. */
  readonly incomplete: readonly string[];
}

/** The source that was read. */
export interface Audited {
  readonly name: string;
  readonly kind: string;
}

/** The audits of what was read of a source, one for each of its parts. */
export function auditsOf({ name, kind }: Audited, reading: SourceReading, limits: readonly Limit[]): readonly Audit[] {
  const types = [...reading.types.values()];
  const incomplete = types.flatMap(({ type, missing }) => (missing === undefined ? [] : [`${type.name}: ${missing}`]));
  return partsIn(types).map((part) => {
    const findings = ITEMS.map((item) => findingOf(item, part, reading));
    const kept = limits.map((limit) => compare(limit, findings.find(({ item }) => item === limit.item) ?? {}));
    return { source: name, kind, ...(part === undefined ? {} : { part }), findings, limits: kept, incomplete };
  });
}

/** The parts of a source, by name; one without a name where it is not split. */
function partsIn(types: readonly TypeReading[]): readonly (string | undefined)[] {
  const names = [...new Set(types.flatMap(({ parts }) => [...parts.keys()]))].filter((name) => name !== undefined);
  return names.length === 0 ? [undefined] : names.toSorted();
}

function findingOf(item: Item, part: string | undefined, { types, unmeasured }: SourceReading): Finding {
  const { type, field } = item;
  const read = types.get(type.name);
  if (!read) return { item, reason: `the source does not read ${type.name}` };
  if (read.error) return { item, reason: read.error.message };
  // What a server reports about itself belongs to all of its parts.
  const values = read.parts.get(part) ?? read.parts.get(undefined);
  const value = values && numberOf(item, values);
  if (value !== undefined) return { item, value, ...breakdownOf(item, values ?? {}) };
  // A source with one part may name it, although its readings do not.
  const known = unmeasured.find(
    (each) => each.type === type.name && each.field === field && (part === undefined || each.part === undefined || each.part === part),
  );
  return { item, reason: known?.reason ?? unexplained(item, values ?? {}) };
}

/** Of a field that is counted by several criteria, a source may count some. */
function unexplained({ field, part }: Item, values: AnyValues): string {
  const counted = part === undefined ? [] : Object.keys(values[field] ?? {});
  return counted.length > 0
    ? `the source counts ${field} by ${counted.join(" and ")} only`
    : "the reading has no such value, as for an empty memory";
}

function numberOf({ field, part, isComplement = false }: Item, values: AnyValues): number | undefined {
  const found: unknown = values[field];
  const value = part === undefined ? found : (found as Readonly<Record<string, unknown>> | undefined)?.[part];
  if (typeof value !== "number") return undefined;
  return isComplement ? Number((1 - value).toPrecision(12)) : value;
}

function breakdownOf({ parts }: Item, values: AnyValues): Pick<Finding, "parts"> {
  const found: unknown = parts === undefined ? undefined : values[parts];
  if (typeof found !== "object" || found === null) return {};
  const sums = Object.entries(found).map(([name, value]) => [name, sumOf(value)] as const);
  const shown = sums.filter(([, sum]) => sum > 0).toSorted(([, a], [, b]) => b - a);
  return shown.length === 0 ? {} : { parts: Object.fromEntries(shown) };
}

/** The unit of a finding's number, and the largest that it can be. */
export const unitOf = ({ item }: Finding): { readonly unit: string; readonly max: number } => fieldOf(item);
