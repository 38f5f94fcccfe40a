import type * as z from "zod";
import type { Hono, Context } from "hono";
import type { Collector, CollectionHandle } from "../collector/collector.ts";
import { openApiDocument } from "./api/document.ts";
import type { StreamReport } from "../answer/stats.ts";
import { route } from "./api/operation.ts";
import { unknownName } from "../base/suggest.ts";
import {
  getDocument,
  getHealthReport,
  getStats,
  listAlerts,
  listTransitions,
  listAggregates,
  listCollections,
  listSamples,
  pauseCollection,
  resumeCollection,
} from "./api/operations.ts";
import type { Aggregate } from "../buffer/window.ts";
import { columnName, pointsOf, type Point } from "../sample/sample-type.ts";
import type { Sample } from "../sample/sample.ts";
import type { SamplesAnswer } from "../answer/collection.ts";
import { problem } from "./api/problem.ts";

/** The routes that return JSON, except `/health`. @param hasToken whether a token is configured; without one the API is read-only */
export function apiRoutes(app: Hono, collector: Collector, stream: () => StreamReport, hasToken: boolean): void {
  let document: ReturnType<typeof openApiDocument> | undefined;
  collectionRoutes(app, collector, hasToken);
  route(app, getHealthReport, () => collector.health.report());
  route(app, listTransitions, ({ component, since }) => ({
    ...collector.health.historyBounds,
    transitions: collector.health.history({ ...(component === undefined ? {} : { component }), ...(since === undefined ? {} : { since }) }),
  }));
  route(app, listAlerts, ({ state }) => ({ alerts: collector.alerts(state) }));
  route(app, getStats, () => ({ ...collector.stats(), stream: stream() }));
  // Made at the first request, so that no start waits for it. What it describes does not change.
  route(app, getDocument, () => (document ??= openApiDocument(collector.collections(), hasToken)));
}

/** Number of samples returned by default. */
const DEFAULT_LAST = 100;

/** The routes of collections. @param hasToken whether a token is configured; without one they are read-only */
export function collectionRoutes(app: Hono, collector: Collector, hasToken: boolean): void {
  route(app, listCollections, () => ({ collections: collector.collections().map((handle) => handle.report()) }));
  route(app, listSamples, (query, c) => {
    const handle = find(c, collector);
    if (handle instanceof Response) return handle;
    return unknownField(c, handle, query.fields) ?? rowsOf(handle, query);
  });
  route(app, listAggregates, ({ window, fields }, c) => {
    const handle = find(c, collector);
    if (handle instanceof Response) return handle;
    const windows = window === undefined ? collector.windows : [window];
    return (
      unknownField(c, handle, fields) ?? { collection: handle.name, windows: windows.map((each) => only(handle.aggregate(each), fields)) }
    );
  });
  for (const [operation, act] of [
    [pauseCollection, "pause"],
    [resumeCollection, "resume"],
  ] as const) {
    route(app, operation, (_, c) => {
      if (!hasToken)
        return problem(
          c,
          "no-token-configured",
          "configure a token (collector.server.token or token_file, or `token` in code) to allow writes",
        );
      const handle = find(c, collector);
      if (handle instanceof Response) return handle;
      collector[act](handle.name);
      return handle.report();
    });
  }
}

/** The collection that the path names, or a problem if it is unknown. */
function find(c: Context, collector: Collector): CollectionHandle | Response {
  const name = c.req.param("name") ?? "";
  const handles = collector.collections();
  const names = handles.map((handle) => handle.name);
  return handles.find((handle) => handle.name === name) ?? problem(c, "unknown-collection", unknownName("collection", name, names));
}

function unknownField(c: Context, { type }: CollectionHandle, fields: readonly string[] = []): Response | undefined {
  const unknown = fields.find((field) => !Object.hasOwn(type.fields, field));
  if (unknown === undefined) return undefined;
  return problem(c, "bad-query", `fields: ${unknownName("field", unknown, Object.keys(type.fields))}`);
}

type SamplesQuery = z.output<typeof listSamples.query>;

/** Columns and rows, newest last: a column for each point that was measured, null where a sample did not measure it. */
function rowsOf(handle: CollectionHandle, { last, since, from, to, fields }: SamplesQuery): SamplesAnswer {
  const newest = handle.recent(matching(handle, { last, since, from, to }));
  const isWithin = (timeMs: number): boolean =>
    timeMs >= (from?.getTime() ?? timeMs) && timeMs < (to?.getTime() ?? Number.POSITIVE_INFINITY);
  // A client that continues after a number gets everything since, unless it limits that: what is left out could not be requested again.
  const found = newest
    .map((sample, age) => ({ sample, taken: handle.taken - age }))
    .filter(({ sample }) => isWithin(Date.parse(sample.time)))
    .slice(0, last);
  const samples = found.map(({ sample }) => sample).toReversed();
  const columns = new Map<string, Omit<Point, "value">>();
  const measured = samples.map((sample) => valuesOf(handle, sample, fields, columns));
  const names = [...columns.keys()];
  return {
    collection: handle.name,
    columns: ["time", "outcome", "durationMs", "errorType", ...names],
    points: [...columns.values()].map(({ field, path }) => ({ field, path })),
    rows: samples.map((sample, n) => [
      sample.time,
      sample.outcome,
      sample.durationMs,
      sample.error?.type ?? null,
      ...names.map((name) => measured[n]?.get(name) ?? null),
    ]),
    // Without a match before `to`, the next request starts from the same sample.
    next: found[0]?.taken ?? (to === undefined ? handle.taken : (since ?? 0)),
  };
}

/** How many of the newest samples can match. After a number from another run of the collector, all can. */
function matching(handle: CollectionHandle, { last, since, from, to }: Omit<SamplesQuery, "fields">): number {
  if (since !== undefined && since <= handle.taken) return handle.taken - since;
  const isNarrowed = since !== undefined || from !== undefined || to !== undefined;
  return isNarrowed ? Number.MAX_SAFE_INTEGER : (last ?? DEFAULT_LAST);
}

function valuesOf(
  handle: CollectionHandle,
  sample: Sample,
  fields: readonly string[] | undefined,
  columns: Map<string, Omit<Point, "value">>,
): Map<string, number> {
  const values = new Map<string, number>();
  if (!sample.values) return values;
  for (const { field, path, value } of pointsOf(handle.type, sample.values)) {
    if (fields && !fields.includes(field)) continue;
    const name = columnName({ field, path });
    columns.set(name, { field, path });
    values.set(name, value);
  }
  return values;
}

function only(aggregate: Aggregate, fields: readonly string[] | undefined): Aggregate {
  if (!fields) return aggregate;
  return { ...aggregate, fields: Object.fromEntries(Object.entries(aggregate.fields).filter(([field]) => fields.includes(field))) };
}
