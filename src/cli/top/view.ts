import { isStale } from "../../client/columns.ts";
import { entriesOf, type EventEntry } from "../../client/event-entries.ts";
import { incidentsOf, incidentsTitle } from "../../client/incidents.ts";
import type { Connection } from "../../client/event-stream.ts";
import type { CollectionModel, Model } from "../../client/model.ts";
import { ageText, pausedSince } from "../../client/times.ts";
import type { ComponentReport } from "../../client/api.ts";
import { duration, UNIT_MS } from "../../base/quantity.ts";
import type { Status } from "../../health/status.ts";
import { numbersOf, type Numbers } from "./numbers.ts";

/** How far back the sparklines reach. */
export const SPARK_MS = 5 * UNIT_MS.m;

/** What is displayed of a collector at one time. */
export interface View {
  readonly service: string;
  readonly status: Status;
  readonly sinceMs: number | undefined;
  /** The collector's time. */
  readonly nowMs: number;
  /** How old the newest sample is; undefined before the first. */
  readonly ageMs: number | undefined;
  /** Whether the data is from before: the connection is lost, or no sample arrives. Then nothing is displayed as the present state. */
  readonly isOld: boolean;
  /** What is wrong with the connection. */
  readonly problem: string | undefined;
  /** How many components are not healthy, in words. */
  readonly summary: string;
  /** The components that are not healthy, the worst first. */
  readonly incidents: readonly ComponentReport[];
  /** Healthy sources and collections. */
  readonly healthy: readonly ComponentReport[];
  /** Names of the healthy components of the collector itself. */
  readonly healthyInternals: readonly string[];
  readonly collections: readonly CollectionView[];
  /** Newest first. */
  readonly events: readonly EventEntry[];
}

export interface CollectionView {
  readonly name: string;
  readonly status: Status;
  /** Its sample type, source and interval. */
  readonly facts: string;
  /** The outcome of its newest sample, and how old that is. */
  readonly newest: string;
  /** Whether its newest sample is old, or failed. */
  readonly isFailing: boolean;
  readonly isOld: boolean;
  readonly numbers: Numbers;
}

/** The connection to the collector, and the times that its problems are measured by. */
export interface Link {
  readonly connection: Connection;
  /** When the connection was lost; undefined while it is open and before it first was. */
  readonly lostMs: number | undefined;
  readonly nowMs: number;
}

/** What a model shows. @param link in monotonic time @param nowMs the collector's time */
export function viewOf(model: Model, link: Link, nowMs: number): View {
  const { health, stats, lastSampleMs, shortestIntervalMs } = model;
  const components = health?.components ?? [];
  const fine = components.filter(({ status }) => status === "healthy");
  const ageMs = lastSampleMs === undefined ? undefined : Math.max(0, nowMs - lastSampleMs);
  const isLost = link.lostMs !== undefined;
  return {
    service: stats?.identity["service"] ?? "otel-vitals",
    status: health?.status ?? "unknown",
    sinceMs: health && Date.parse(health.since),
    nowMs,
    ageMs,
    isOld: isLost || (ageMs !== undefined && isStale(ageMs, shortestIntervalMs)),
    problem: problemOf(link),
    summary: health ? incidentsTitle(components) : "waiting for the first assessment",
    incidents: incidentsOf(components),
    healthy: fine.filter(({ component }) => !isInternal(component)),
    healthyInternals: fine.map(({ component }) => component).filter(isInternal),
    collections: [...model.collections.values()].map((each) => collectionView(each, components, isLost, nowMs)),
    // The overall status changes because a component's does, which is listed as well.
    events: entriesOf(
      model.transitions.filter(({ component }) => component !== "overall"),
      model.alerts,
    ).toSorted((a, b) => b.timeMs - a.timeMs),
  };
}

/** Whether a component is a part of the collector, and not what it observes. */
const isInternal = (component: string): boolean => /^(process|state|stream|(exporter|sink):.*)$/s.test(component);

function problemOf({ connection, lostMs, nowMs }: Link): string | undefined {
  if (lostMs === undefined) return undefined;
  const lost = `connection lost ${ageText(nowMs - lostMs)} ago`;
  if (connection.kind === "signed-out") return `${lost}: the collector requires another token`;
  if (connection.kind === "stopped") return `${lost}: ${connection.why}`;
  if (connection.kind !== "waiting") return `${lost}, retrying`;
  const waitMs = Math.max(0, Math.ceil((connection.untilMs - nowMs) / 1_000) * 1_000);
  return `${lost}, retrying ${waitMs === 0 ? "now" : `in ${duration(waitMs)}`}: ${connection.why}`;
}

function collectionView(
  { report, series }: CollectionModel,
  components: readonly ComponentReport[],
  isLost: boolean,
  nowMs: number,
): CollectionView {
  const { name, type, source, intervalMs, state } = report;
  const { last } = series;
  const ageMs = last && Math.max(0, nowMs - last.timeMs);
  const isOld = isLost || ageMs === undefined || isStale(ageMs, intervalMs);
  const outcome = last?.outcome ?? "waiting";
  const age = ageMs === undefined ? "no sample yet" : isOld ? `no data for ${ageText(ageMs)}` : `${ageText(ageMs)} ago`;
  const { single, breakdowns } = numbersOf(report, series, nowMs - SPARK_MS, nowMs);
  return {
    name,
    status: components.find(({ component }) => component === `collection:${name}`)?.status ?? "unknown",
    facts: `${type} from ${source} · ${state === "paused" ? pausedSince(report.pause, nowMs) : `every ${duration(intervalMs)}`}`,
    newest: isOld || outcome === "success" ? age : `${outcome} ${age}`,
    isFailing: state !== "paused" && (isOld || outcome !== "success"),
    isOld,
    numbers: isLost ? { single: single.map((each) => ({ ...each, value: undefined })), breakdowns: [] } : { single, breakdowns },
  };
}
