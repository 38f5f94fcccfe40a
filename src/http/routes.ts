import type { Context } from "hono";
import type { Collector, CollectionHandle } from "../collector/collector.ts";
import { openApiDocument } from "./api/document.ts";
import type { OpenApiDocument } from "./api/openapi.ts";
import { parseQuery } from "./api/query.ts";
import type { StreamReport } from "../answer/stats.ts";
import type { AccessToken } from "./access.ts";
import { route, routePath, type Routes } from "./api/operation.ts";
import type { Pauser } from "../base/pauser.ts";
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
  reloadConfiguration,
  resumeCollection,
} from "./api/operations.ts";
import type { Aggregate } from "../buffer/window.ts";
import type { AggregatesAnswer, CollectionReport } from "../answer/collection.ts";
import { problem } from "./api/problem.ts";
import { reloadResponse, type Reload } from "./reload.ts";
import { samplesOf } from "./samples.ts";

/** What the routes read and change. */
export interface ApiParts {
  readonly collector: Collector;
  readonly stream: () => StreamReport;
  /** Without a token the API is read-only. */
  readonly token: AccessToken;
  readonly reload: Reload | undefined;
  /** The client of an authorized request. */
  readonly clientOf: (c: Context) => Pick<Pauser, "access" | "address">;
}

/** The routes that return JSON, except `/health`. */
export function apiRoutes(routes: Routes, parts: ApiParts): void {
  const { collector, stream, token, reload } = parts;
  collectionRoutes(routes, parts);
  route(routes, getHealthReport, () => collector.health.report());
  route(routes, listTransitions, ({ component, since }) => ({
    ...collector.health.historyBounds,
    transitions: collector.health.history({ ...(component === undefined ? {} : { component }), ...(since === undefined ? {} : { since }) }),
  }));
  route(routes, listAlerts, ({ state }) => ({ alerts: collector.alerts(state) }));
  route(routes, getStats, () => ({ ...collector.stats(), stream: stream() }));
  route(routes, getDocument, documentOf(collector, token));
  routes.app.post(routePath(reloadConfiguration), (c) => {
    const parsed = parseQuery(c, reloadConfiguration.query);
    return "wrong" in parsed ? parsed.wrong : (readOnly(c, token) ?? reloadResponse(c, reload));
  });
}

/** The document, made at a request, so that no start waits for it, and again once what it describes has changed. */
function documentOf(collector: Collector, token: AccessToken): () => OpenApiDocument {
  let made: { readonly of: readonly unknown[]; readonly document: OpenApiDocument } | undefined;
  return () => {
    const collections = collector.collections();
    const of = [token.isSet, ...collections.flatMap(({ name, type }) => [name, type])];
    if (!made || made.of.length !== of.length || of.some((each, n) => each !== made?.of[n]))
      made = { of, document: openApiDocument(collections, token.isSet) };
    return made.document;
  };
}

/** Refuses a write while there is no token; undefined where it may go on. */
function readOnly(c: Context, token: AccessToken): Response | undefined {
  if (token.isSet) return undefined;
  return problem(c, "no-token-configured", "configure a token (collector.server.token or token_file, or `token` in code) to allow writes");
}

/** The routes of collections; without a token they are read-only. */
function collectionRoutes(routes: Routes, { collector, token, clientOf }: Omit<ApiParts, "stream" | "reload">): void {
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
  route(routes, pauseCollection, ({ by }, c) => {
    const handle = readOnly(c, token) ?? find(c, collector);
    if (handle instanceof Response) return handle;
    collector.pause(handle.name, { ...clientOf(c), ...(by === undefined ? {} : { by }) });
    return handle.report();
  });
  route(routes, resumeCollection, (_, c) => {
    const handle = readOnly(c, token) ?? find(c, collector);
    if (handle instanceof Response) return handle;
    collector.resume(handle.name);
    return handle.report();
  });
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
