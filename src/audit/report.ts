import { quantity } from "../base/quantity.ts";
import { unitOf, type Audit, type Finding } from "./audit.ts";

/** Parts of a number that a line shows. */
const SHOWN_PARTS = 5;

/** An audit for people: what the memory holds, what may be wrong with it, what could not be measured, and the limits. */
export function auditLines({ source, kind, part, findings, limits, incomplete }: Audit): readonly string[] {
  const measured = findings.filter(({ value }) => value !== undefined);
  const rows = measured.map((finding) => [finding, textOf(finding)] as const);
  const [names, values] = [0, 1].map((column) => Math.max(...rows.map(([{ item }, value]) => [item.name, value][column]?.length ?? 0))) as [
    number,
    number,
  ];
  const section = (name: "holds" | "findings", title: string): readonly string[] => {
    const lines = rows
      .filter(([{ item }]) => item.section === name)
      .map(([finding, value]) =>
        `  ${markOf(finding)} ${finding.item.name.padEnd(names)}  ${value.padStart(values)}  ${finding.item.meaning}${partsText(finding)}`.trimEnd(),
      );
    return lines.length === 0 ? [] : ["", title, ...lines];
  };
  return [
    `${source}  ${part === undefined ? kind : `${kind}, graph ${part}`}`,
    ...section("holds", "It holds"),
    ...section("findings", "Findings"),
    ...(incomplete.length === 0 ? [] : ["", "Incomplete", ...incomplete.map((line) => `  ${line}`)]),
    ...notMeasurable(findings),
    ...(limits.length === 0 ? [] : ["", "Limits"]),
    ...limits.map(({ limit, isKept, problem }) => `  ${isKept ? "●" : "✖"} ${limit.text}${isKept ? "" : `: ${problem}`}`),
  ];
}

/** A finding that is not zero is worth reading; whether it is too much is for a limit to say. */
function markOf({ item, value }: Finding): string {
  if (item.section === "holds" || item.isNeverZero === true) return " ";
  return value === 0 ? "●" : "!";
}

const textOf = (finding: Finding): string => {
  const { unit, max } = unitOf(finding);
  return quantity(finding.value ?? 0, unit, { max });
};

function partsText({ parts }: Finding): string {
  const all = Object.entries(parts ?? {});
  if (all.length === 0) return "";
  const shown = all.slice(0, SHOWN_PARTS).map(([name, count]) => `${name} ${quantity(count, "1")}`);
  return ` (${[...shown, ...(all.length > SHOWN_PARTS ? [`${all.length - SHOWN_PARTS} more`] : [])].join(", ")})`;
}

/** What was not measured, by reason. */
function notMeasurable(findings: readonly Finding[]): readonly string[] {
  const reasons = new Map<string, string[]>();
  for (const { item, reason } of findings) if (reason !== undefined) reasons.set(reason, [...(reasons.get(reason) ?? []), item.name]);
  if (reasons.size === 0) return [];
  return ["", "Not measured", ...[...reasons].map(([reason, names]) => `    ${names.join(", ")}: ${reason}`)];
}

/** Audits for programs. The keys are stable; new ones may be added. */
export interface AuditDocument {
  /** Whether every limit was kept. */
  readonly passed: boolean;
  /** ISO 8601. */
  readonly auditedAt: string;
  readonly audits: readonly AuditEntry[];
}

/** The audit of one memory. */
interface AuditEntry {
  readonly source: string;
  readonly kind: string;
  /** The graph, of a store that was read as several. */
  readonly graph?: string;
  readonly items: readonly ItemEntry[];
  readonly limits: readonly { readonly limit: string; readonly passed: boolean; readonly problem?: string }[];
  readonly incomplete: readonly string[];
}

interface ItemEntry {
  readonly name: string;
  readonly section: "holds" | "findings";
  /** In `unit`; null if it was not measured. */
  readonly value: number | null;
  /** UCUM. */
  readonly unit: string;
  readonly parts?: Readonly<Record<string, number>>;
  /** What was measured. */
  readonly meaning: string;
  /** Sample type and field that the value comes from, as in docs/metrics.md. */
  readonly field: string;
  /** Why there is no value. */
  readonly reason?: string;
}

export function auditDocument(audits: readonly Audit[], wallMs: number): AuditDocument {
  const entries = audits.map(({ source, kind, part, findings, limits, incomplete }): AuditEntry => {
    const results = limits.map(({ limit, isKept, problem }) => ({
      limit: limit.text,
      passed: isKept,
      ...(problem === undefined ? {} : { problem }),
    }));
    return { source, kind, ...(part === undefined ? {} : { graph: part }), items: findings.map(entryOf), limits: results, incomplete };
  });
  const passed = entries.every(({ limits }) => limits.every((each) => each.passed));
  return { passed, auditedAt: new Date(wallMs).toISOString(), audits: entries };
}

function entryOf(finding: Finding): ItemEntry {
  const { item, value = null, parts, reason } = finding;
  const { name, section, meaning, type, field, part } = item;
  return {
    name,
    section,
    value,
    unit: unitOf(finding).unit,
    ...(parts ? { parts } : {}),
    meaning,
    field: `${type.name}.${field}${part === undefined ? "" : `/${part}`}`,
    ...(reason === undefined ? {} : { reason }),
  };
}
