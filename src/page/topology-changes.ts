import { UNIT_MS, quantity } from "../base/quantity.ts";
import type { Point, Row } from "../client/series.ts";
import type { CollectionModel, KnownTransition } from "../client/model.ts";
import { compareStatus } from "../health/status.ts";
import { columnsOf, hasMap, isMeasured } from "./memory-map.ts";

/** How long before a transition a change counts as one that may have caused it. */
const BEFORE_MS = UNIT_MS.m;

/** Growth is named if it happened in one step, by at least this share of what there is then. */
const MIN_LEAP = 0.05;

/** Transitions whose changes are remembered. */
const MAX_FOUND = 1_000;

/** Nodes or edges that were added to a graph, or removed from it, before a time. */
export interface TopologyChange {
  readonly what: "nodes" | "edges";
  readonly isLoss: boolean;
  readonly count: number;
  /** Time from the first and from the last of these changes to the transition. */
  readonly firstMs: number;
  readonly lastMs: number;
}

const FIELDS = { nodes: ["nodeCount", "nodes"], edges: ["edgeCount", "edges", "relations"] } as const;

/** How a graph changed in the minute before a time: what was removed, and then what was added in one leap. */
export function changesBefore(points: readonly Point[], rows: readonly Row[], atMs: number): readonly TopologyChange[] {
  const columns = columnsOf(points);
  const recent = rowsUntil(rows, atMs);
  return (["edges", "nodes"] as const)
    .flatMap((what) => {
      const field = FIELDS[what].map(columns).find((each) => recent.some(({ values }) => isMeasured(values, each))) ?? [];
      const totals = recent
        .filter(({ values }) => isMeasured(values, field))
        .map(({ timeMs, values }) => ({ timeMs, total: field.reduce((sum, column) => sum + (values[column] || 0), 0) }));
      const steps = totals
        .slice(1)
        .map(({ timeMs, total }, n) => ({ beforeMs: atMs - timeMs, change: total - (totals[n]?.total ?? total) }))
        .filter(({ change }) => change !== 0);
      return [true, false].flatMap((isLoss): readonly TopologyChange[] => {
        const of = steps.filter(({ change }) => change < 0 === isLoss);
        const [first, last] = [of[0], of.at(-1)];
        if (!first || !last) return [];
        // A memory grows all the time; only a leap says something.
        const leap = Math.abs(last.change) / (totals.at(-1)?.total || 1);
        if (!isLoss && (of.length > 1 || leap < MIN_LEAP)) return [];
        return [
          {
            what,
            isLoss,
            count: of.reduce((sum, { change }) => sum + Math.abs(change), 0),
            firstMs: first.beforeMs,
            lastMs: last.beforeMs,
          },
        ];
      });
    })
    .sort((a, b) => Number(b.isLoss) - Number(a.isLoss));
}

/** `14 edges gone 4 s before degraded`; `58 nodes added from 58 s to 2 s before degraded`. */
export function changeText({ what, isLoss, count, firstMs, lastMs }: TopologyChange, to: string): string {
  const seconds = (ms: number): string => quantity(Math.max(0, Math.round(ms / 1_000)), "s");
  const noun = count === 1 ? what.slice(0, -1) : what;
  const when = seconds(firstMs) === seconds(lastMs) ? seconds(lastMs) : `from ${seconds(firstMs)} to ${seconds(lastMs)}`;
  return `${quantity(count, "")} ${noun} ${isLoss ? "gone" : "added"} ${when} before ${to}`;
}

/** What changed in the graphs of a collector in the minute before a component got worse. */
export class TopologyBefore {
  readonly #collections: () => Iterable<Pick<CollectionModel, "report" | "series">>;
  /** By transition: what was found, and in how many rows. */
  readonly #found = new Map<string, { readonly rows: number; readonly text: string }>();

  constructor(collections: () => Iterable<Pick<CollectionModel, "report" | "series">>) {
    this.#collections = collections;
  }

  /** In words; empty without a change. Searched again only if there are other rows. */
  textOf({ id, from, to, time }: Pick<KnownTransition, "id" | "from" | "to" | "time">): string {
    if (compareStatus(to, from) <= 0) return "";
    const graphs = [...this.#collections()].filter(({ report }) => hasMap(report));
    const rows = graphs.reduce((sum, { series }) => sum + rowsUntil(series.rows, Date.parse(time)).length, 0);
    const known = this.#found.get(id);
    if (known?.rows === rows) return known.text;
    const texts = graphs.flatMap(({ report, series }) => {
      const changes = changesBefore(series.points, series.rows, Date.parse(time)).map((change) => changeText(change, to));
      return changes.length === 0 ? [] : [`${graphs.length > 1 ? `${report.name}: ` : ""}${changes.join(", ")}`];
    });
    const text = texts.join("; ");
    if (this.#found.size >= MAX_FOUND) this.#found.clear();
    this.#found.set(id, { rows, text });
    return text;
  }
}

/** The rows of the minute before a time, and the one before them. */
function rowsUntil(rows: readonly Row[], atMs: number): readonly Row[] {
  return rows.slice(Math.max(0, indexAfter(rows, atMs - BEFORE_MS) - 1), indexAfter(rows, atMs));
}

/** How many rows are not after a time. */
function indexAfter(rows: readonly Row[], ms: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as Row).timeMs <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
