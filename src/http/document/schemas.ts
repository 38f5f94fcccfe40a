import * as z from "zod";
import * as collections from "../answer/collection.ts";
import * as events from "../answer/event.ts";
import * as healths from "../answer/health.ts";
import * as stats from "../answer/stats.ts";
import { problemAnswer } from "../problem.ts";
import { collectionSchemas, type DescribedCollection } from "./collection-schemas.ts";
import type { JsonSchema } from "./openapi.ts";

/** Schemas that have a name in the document; what has none is written where it is used. */
const NAMED = {
  Status: healths.status,
  Outcome: collections.outcome,
  OutcomeCounts: collections.outcomeCounts,
  NestedNumber: collections.nestedNumber,
  Statistics: collections.statistics,
  NestedStatistics: collections.nestedStatistics,
  Sample: collections.sample,
  Field: collections.field,
  Threshold: collections.threshold,
  Collection: collections.collection,
  Aggregate: collections.aggregate,
  CollectionsAnswer: collections.collectionsAnswer,
  SamplesAnswer: collections.samplesAnswer,
  AggregatesAnswer: collections.aggregatesAnswer,
  Trend: healths.trend,
  Component: healths.component,
  HealthReport: healths.healthReport,
  Transition: healths.transition,
  Alert: healths.alert,
  HealthCheck: healths.check,
  HealthAnswer: healths.healthAnswer,
  HistoryAnswer: healths.historyAnswer,
  AlertsAnswer: healths.alertsAnswer,
  Exporter: stats.exporter,
  Sink: stats.sink,
  Stream: stats.stream,
  Process: stats.processReport,
  StatsAnswer: stats.statsAnswer,
  Hello: events.hello,
  Snapshot: events.snapshot,
  CollectionAggregate: events.collectionAggregate,
  Heartbeat: events.heartbeat,
  Reset: events.reset,
  Bye: events.bye,
  StreamEvent: events.streamEvent,
  Problem: problemAnswer,
} as const satisfies Record<string, z.ZodType>;

const NAME_OF = new Map<z.ZodType, string>(Object.entries(NAMED).map(([name, schema]) => [schema, name]));

const refTo = (name: string): string => `#/components/schemas/${name}`;

/** A schema as JSON Schema: where it has a name, a reference to it. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const name = NAME_OF.get(schema);
  if (name !== undefined) return { $ref: refTo(name) };
  const { $schema: _, ...written } = z.toJSONSchema(schema, { override: tidy, unrepresentable: "any" });
  return written as JsonSchema;
}

/** `components.schemas` of the document. What differs by collection says so: one schema for each, told apart by the collection's name. */
export function componentSchemas(described: readonly DescribedCollection[]): Record<string, JsonSchema> {
  const own = collectionSchemas(described);
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of [...Object.entries(NAMED), ...own.schemas]) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: refTo, override: tidy });
  const written: Record<string, JsonSchema> = {};
  for (const [name, { $schema: _, $id: __, ...schema }] of Object.entries(schemas)) written[name] = schema as JsonSchema;
  for (const [name, names] of own.choices) written[name] = choice(written[name]?.description ?? "", names);
  return written;
}

function choice(description: string, names: ReadonlyMap<string, string>): JsonSchema {
  const refs = [...names].map(([collection, name]) => [collection, refTo(name)] as const);
  return {
    description,
    oneOf: refs.map(([, $ref]) => ({ $ref })),
    discriminator: { propertyName: "collection", mapping: Object.fromEntries(refs) },
  };
}

/** Takes out what zod writes down and nobody needs to read. */
function tidy({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // Everything in an answer is read-only.
  if (zodSchema instanceof z.ZodReadonly) delete jsonSchema.readOnly;
  // The format says it, in fewer than 300 characters.
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (zodSchema instanceof z.ZodDate) Object.assign(jsonSchema, { type: "string", format: "date-time" });
  // Every property has a name, and it is a string.
  if (Object.keys(jsonSchema.propertyNames ?? {}).join() === "type") delete jsonSchema.propertyNames;
  // Every whole number in JSON is one that JavaScript can count to.
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}
