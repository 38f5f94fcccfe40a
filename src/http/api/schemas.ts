import * as z from "zod";
import * as collections from "../../answer/collection.ts";
import * as events from "../../answer/event.ts";
import * as healths from "../../answer/health.ts";
import * as stats from "../../answer/stats.ts";
import { problemAnswer } from "./problem.ts";
import type { JsonSchema } from "./openapi.ts";
import { meaningOf, splitSchema, type SampleType } from "../../sample/sample-type.ts";
import { aggregate, aggregatesAnswer, sample, statistics } from "../../answer/collection.ts";
import { listOf, maybe } from "../../answer/shape.ts";

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

/** A collection that the document describes. */
export interface DescribedCollection {
  readonly name: string;
  readonly type: SampleType;
}

/** What the document says of the collections there are. */
export interface CollectionSchemas {
  /** By the name it has in the document. */
  readonly schemas: ReadonlyMap<string, z.ZodType>;
  /** Schemas that are one for each collection: by the name of the whole, the name of each collection's own. */
  readonly choices: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** From the fields of a collection's sample type: its values, its samples and its windows. */
export function collectionSchemas(described: readonly DescribedCollection[]): CollectionSchemas {
  const schemas = new Map<string, z.ZodType>();
  const choices = new Map<string, Map<string, string>>();
  const windows = new Map<SampleType, z.ZodObject>();
  for (const { name, type } of described) {
    let window = windows.get(type);
    if (!window) {
      window = z.object({ ...aggregate.shape, fields: byField(type, statistics) }).describe(`What a time range of ${type.name} comes to.`);
      windows.set(type, window);
      const suffix = freeSuffix(type.name, (taken) => schemas.has(`Values.${taken}`));
      schemas.set(`Values.${suffix}`, type.schema);
      schemas.set(`Aggregate.${suffix}`, window);
    }
    const collection = z.literal(name);
    const own = {
      Sample: z.object({ ...sample.shape, collection, values: maybe(type.schema) }),
      AggregatesAnswer: z.object({ ...aggregatesAnswer.shape, collection, windows: listOf(window) }),
      CollectionAggregate: z.object({ collection, ...window.shape }),
    };
    for (const [whole, schema] of Object.entries(own)) {
      schemas.set(`${whole}.${name}`, schema);
      choices.set(whole, (choices.get(whole) ?? new Map<string, string>()).set(name, `${whole}.${name}`));
    }
  }
  return { schemas, choices };
}

/** Every field of a type, optional, with one leaf for each of its points. */
function byField(type: SampleType, leaf: z.ZodType): z.ZodObject {
  const shape = Object.entries(type.fields).map(([key, field]) => {
    return [key, maybe(splitSchema(field.by, leaf)).describe(meaningOf(field))] as const;
  });
  return z.strictObject(Object.fromEntries(shape));
}

/** A sample type's name as a component may be called, and as no other is. */
function freeSuffix(name: string, isTaken: (suffix: string) => boolean): string {
  const plain = name.replaceAll(/[^a-zA-Z0-9._-]/g, "_");
  let suffix = plain;
  for (let n = 2; isTaken(suffix); n += 1) suffix = `${plain}-${n}`;
  return suffix;
}
