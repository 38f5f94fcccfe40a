import * as z from "zod";
import * as collections from "../../answer/collection.ts";
import * as events from "../../answer/event.ts";
import * as healths from "../../answer/health.ts";
import * as stats from "../../answer/stats.ts";
import * as reloads from "../../answer/reload.ts";
import { problemAnswer } from "./problem.ts";
import type { JsonSchema } from "./openapi.ts";
import { meaningOf, splitSchema, type SampleType } from "../../sample/sample-type.ts";
import { aggregate, aggregatesAnswer, sample, statistics } from "../../answer/collection.ts";
import { listOf, maybe } from "../../answer/shape.ts";

/** Schemas with a name in the document; others are written where they are used. */
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
  Unmeasured: collections.unmeasured,
  Pause: collections.pause,
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
  ConfigurationProblem: reloads.configurationProblem,
  ReloadAnswer: reloads.reloadAnswer,
  Hello: events.hello,
  Snapshot: events.snapshot,
  CollectionAggregate: events.collectionAggregate,
  Heartbeat: events.heartbeat,
  Reset: events.reset,
  Lost: events.lost,
  Bye: events.bye,
  StreamEvent: events.streamEvent,
  Problem: problemAnswer,
} as const satisfies Record<string, z.ZodType>;

const NAME_OF = new Map<z.ZodType, string>(Object.entries(NAMED).map(([name, schema]) => [schema, name]));

const refTo = (name: string): string => `#/components/schemas/${name}`;

/** A schema as JSON Schema: a reference if it has a name. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const name = NAME_OF.get(schema);
  if (name !== undefined) return { $ref: refTo(name) };
  const { $schema: _, ...written } = z.toJSONSchema(schema, { override: tidy, unrepresentable: "any" });
  return written as JsonSchema;
}

/** `components.schemas` of the document. Schemas that differ by collection become one per collection, distinguished by its name. */
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

/** Removes what zod writes but no reader needs. */
function tidy({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // Everything in a response is read-only.
  if (zodSchema instanceof z.ZodReadonly) delete jsonSchema.readOnly;
  // The format says the same, in fewer than 300 characters.
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (zodSchema instanceof z.ZodDate) Object.assign(jsonSchema, { type: "string", format: "date-time" });
  // Every property name is a string.
  if (Object.keys(jsonSchema.propertyNames ?? {}).join() === "type") delete jsonSchema.propertyNames;
  // Every whole number is within the safe range.
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}

/** A collection that the document describes. */
export interface DescribedCollection {
  readonly name: string;
  readonly type: SampleType;
}

/** The schemas of the configured collections. */
export interface CollectionSchemas {
  /** By their name in the document. */
  readonly schemas: ReadonlyMap<string, z.ZodType>;
  /** Schemas that differ by collection: by general name, the name of each collection's schema. */
  readonly choices: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Schemas of values, samples and windows, from the fields of the sample types. */
export function collectionSchemas(described: readonly DescribedCollection[]): CollectionSchemas {
  const schemas = new Map<string, z.ZodType>();
  const choices = new Map<string, Map<string, string>>();
  const windows = new Map<SampleType, z.ZodObject>();
  for (const { name, type } of described) {
    let window = windows.get(type);
    if (!window) {
      window = z.object({ ...aggregate.shape, fields: byField(type, statistics) }).describe(`Statistics of ${type.name} over a window.`);
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

/** Every field of a type, optional, with one leaf per point. */
function byField(type: SampleType, leaf: z.ZodType): z.ZodObject {
  const shape = Object.entries(type.fields).map(([key, field]) => {
    return [key, maybe(splitSchema(field.by, leaf)).describe(meaningOf(field))] as const;
  });
  return z.strictObject(Object.fromEntries(shape));
}

/** A sample type's name as a valid and unique component name. */
function freeSuffix(name: string, isTaken: (suffix: string) => boolean): string {
  const plain = name.replaceAll(/[^a-zA-Z0-9._-]/g, "_");
  let suffix = plain;
  for (let n = 2; isTaken(suffix); n += 1) suffix = `${plain}-${n}`;
  return suffix;
}
