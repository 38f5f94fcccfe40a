import { Hono, type Context } from "hono";
import * as z from "zod";
import type { Aggregate } from "../buffer/window.ts";
import type { CollectionHandle, Collector } from "../collector.ts";
import { pointsOf, type Point } from "../sample/sample-type.ts";
import type { Sample } from "../sample/sample.ts";
import type { HubReport } from "./hub.ts";
import { problem } from "./problem.ts";
import { list, moment, parseQuery, wholeNumber } from "./query.ts";
import { parseDuration } from "../duration.ts";

const WINDOW_LIMIT_MS = 86_400_000;

const window = z
  .string()
  .refine(
    (text) => (parseDuration(text) ?? 0) > 0 && (parseDuration(text) ?? 0) <= WINDOW_LIMIT_MS,
    "expected a length of time such as 5m, up to 1d",
  );

const samplesQuery = z.strictObject({
  /** At most this many, the newest. */
  last: wholeNumber(1, 100_000).default(100),
  /** Only samples with a greater number: the `next` of an earlier answer. */
  since: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  fields: list.optional(),
});
const aggregatesQuery = z.strictObject({ window: window.optional(), fields: list.optional() });
const historyQuery = z.strictObject({ component: z.string().max(200).optional(), since: moment.optional() });
const alertsQuery = z.strictObject({ state: z.enum(["firing", "resolved", "all"]).default("firing") });
const noQuery = z.strictObject({});

/** The routes below `/api/v1` but for the event stream. @param hasToken whether a token guards them, without which nothing can be changed */
export function apiRoutes(collector: Collector, stream: () => HubReport, hasToken: boolean): Hono {
  const api = new Hono();
  api.get("/collections", (c) => answer(c, noQuery, () => ({ collections: collector.collections().map((handle) => handle.report()) })));
  api.get("/collections/:name/samples", (c) => withCollection(c, collector, samplesQuery, (handle, query) => rowsOf(handle, query)));
  api.get("/collections/:name/aggregates", (c) =>
    withCollection(c, collector, aggregatesQuery, (handle, { window: one, fields }) => ({
      collection: handle.name,
      windows: (one === undefined ? collector.windows : [one]).map((each) => only(handle.aggregate(each), fields)),
    })),
  );
  api.get("/health/history", (c) =>
    answer(c, historyQuery, ({ component, since }) => ({ transitions: collector.health.history(filterOf(component, since)) })),
  );
  api.get("/alerts", (c) => answer(c, alertsQuery, ({ state }) => ({ alerts: collector.alerts(state) })));
  api.get("/stats", (c) => answer(c, noQuery, () => ({ ...collector.stats(), stream: stream() })));
  for (const act of ["pause", "resume"] as const) api.post(`/collections/:name/${act}`, (c) => change(c, collector, act, hasToken));
  return api;
}

function answer<T extends z.ZodType>(c: Context, schema: T, make: (query: z.output<T>) => object): Response {
  const parsed = parseQuery(c, schema);
  return "wrong" in parsed ? parsed.wrong : c.json(make(parsed.query), 200, { "cache-control": "no-store" });
}

function withCollection<T extends z.ZodType<{ fields?: string[] | undefined }>>(
  c: Context,
  collector: Collector,
  schema: T,
  make: (handle: CollectionHandle, query: z.output<T>) => object,
): Response {
  const handle = find(collector, c.req.param("name"));
  if (!handle) return unknownCollection(c, collector);
  const parsed = parseQuery(c, schema);
  if ("wrong" in parsed) return parsed.wrong;
  const unknown = parsed.query.fields?.find((field) => !Object.hasOwn(handle.type.fields, field));
  if (unknown === undefined) return c.json(make(handle, parsed.query), 200, { "cache-control": "no-store" });
  return problem(c, "bad-query", `fields: no field "${unknown.slice(0, 60)}"; there are ${Object.keys(handle.type.fields).join(", ")}`);
}

function change(c: Context, collector: Collector, act: "pause" | "resume", hasToken: boolean): Response {
  if (!hasToken) return problem(c, "no-token-configured", "set collector.server.token or token_file to change anything from outside");
  const handle = find(collector, c.req.param("name"));
  if (!handle) return unknownCollection(c, collector);
  collector[act](handle.name);
  return c.json(handle.report(), 200, { "cache-control": "no-store" });
}

const find = (collector: Collector, name: string | undefined): CollectionHandle | undefined =>
  collector.collections().find((handle) => handle.name === name);

function unknownCollection(c: Context, collector: Collector): Response {
  const names = collector.collections().map(({ name }) => name);
  return problem(
    c,
    "unknown-collection",
    `no collection "${(c.req.param("name") ?? "").slice(0, 60)}"; there are ${names.join(", ") || "none"}`,
  );
}

/** Columns and rows, newest last: a column for each point that was measured, null where a sample did not measure it. */
function rowsOf(handle: CollectionHandle, { last, since = 0, fields }: z.output<typeof samplesQuery>): object {
  const newest = handle.recent(since === 0 ? last : Number.MAX_SAFE_INTEGER).filter(({ seq }) => seq > since);
  const samples = newest.slice(0, last).toReversed();
  const columns = new Map<string, Omit<Point, "value">>();
  const measured = samples.map((sample) => valuesOf(handle, sample, fields, columns));
  const names = [...columns.keys()];
  return {
    collection: handle.name,
    columns: ["seq", "time", "outcome", "durationMs", "errorType", ...names],
    points: [...columns.values()].map(({ field, path }) => ({ field, path })),
    rows: samples.map((sample, n) => [
      sample.seq,
      sample.time,
      sample.outcome,
      sample.durationMs,
      sample.error?.type ?? null,
      ...names.map((name) => measured[n]?.get(name) ?? null),
    ]),
    next: samples.at(-1)?.seq ?? since,
  };
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
    const name = [field, ...path].join("/");
    columns.set(name, { field, path });
    values.set(name, value);
  }
  return values;
}

function only(aggregate: Aggregate, fields: readonly string[] | undefined): Aggregate {
  if (!fields) return aggregate;
  return { ...aggregate, fields: Object.fromEntries(Object.entries(aggregate.fields).filter(([field]) => fields.includes(field))) };
}

const filterOf = (component: string | undefined, since: Date | undefined): { component?: string; since?: Date } => ({
  ...(component === undefined ? {} : { component }),
  ...(since === undefined ? {} : { since }),
});
