import type { Context } from "hono";
import type { Collector, CollectionHandle } from "../collector/collector.ts";
import { openApiDocument } from "./api/document.ts";
import type { StreamReport } from "../answer/stats.ts";
import { route, type Routes } from "./api/operation.ts";
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
import type { AggregatesAnswer, CollectionReport } from "../answer/collection.ts";
import { problem } from "./api/problem.ts";
import { samplesOf } from "./samples.ts";

/** The routes that return JSON, except `/health`. @param hasToken whether a token is configured; without one the API is read-only */
export function apiRoutes(routes: Routes, collector: Collector, stream: () => StreamReport, hasToken: boolean): void {
  let document: ReturnType<typeof openApiDocument> | undefined;
  collectionRoutes(routes, collector, hasToken);
  route(routes, getHealthReport, () => collector.health.report());
  route(routes, listTransitions, ({ component, since }) => ({
    ...collector.health.historyBounds,
    transitions: collector.health.history({ ...(component === undefined ? {} : { component }), ...(since === undefined ? {} : { since }) }),
  }));
  route(routes, listAlerts, ({ state }) => ({ alerts: collector.alerts(state) }));
  route(routes, getStats, () => ({ ...collector.stats(), stream: stream() }));
  // Made at the first request, so that no start waits for it. What it describes does not change.
  route(routes, getDocument, () => (document ??= openApiDocument(collector.collections(), hasToken)));
}

/** The routes of collections. @param hasToken whether a token is configured; without one they are read-only */
function collectionRoutes(routes: Routes, collector: Collector, hasToken: boolean): void {
  route(routes, listCollections, () => ({ collections: reportsOf(collector) }));
  route(routes, listSamples, (query, c) => {
    const handle = find(c, collector);
    if (handle instanceof Response) return handle;
    return unknownField(c, handle, query.fields) ?? samplesOf(handle, query);
  });
  route(routes, listAggregates, ({ window, fields }, c) => {
    const handle = find(c, collector);
    if (handle instanceof Response) return handle;
    return unknownField(c, handle, fields) ?? windowsOf(handle, window === undefined ? collector.windows : [window], fields);
  });
  for (const [operation, act] of [
    [pauseCollection, "pause"],
    [resumeCollection, "resume"],
  ] as const) {
    route(routes, operation, (_, c) => {
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

/** One after the other, so that other requests are answered in between. */
function* reportsOf(collector: Collector): Generator<CollectionReport> {
  for (const handle of collector.collections()) yield handle.report();
}

function* windowsOf(
  handle: CollectionHandle,
  windows: readonly string[],
  fields: readonly string[] | undefined,
): Generator<undefined, AggregatesAnswer> {
  const aggregates: Aggregate[] = [];
  for (const window of windows) aggregates.push(only(yield* handle.aggregateInSteps(window), fields));
  return { collection: handle.name, windows: aggregates };
}

function only(aggregate: Aggregate, fields: readonly string[] | undefined): Aggregate {
  if (!fields) return aggregate;
  return { ...aggregate, fields: Object.fromEntries(Object.entries(aggregate.fields).filter(([field]) => fields.includes(field))) };
}
