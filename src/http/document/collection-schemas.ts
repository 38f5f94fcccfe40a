import * as z from "zod";
import { meaningOf, splitSchema, type SampleType } from "../../sample/sample-type.ts";
import { aggregate, aggregatesAnswer, sample, statistics } from "../answer/collection.ts";
import { listOf } from "../answer/shape.ts";

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
      Sample: z.object({ ...sample.shape, collection, values: type.schema.exactOptional() }),
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
    return [key, splitSchema(field.by, leaf).exactOptional().describe(meaningOf(field))] as const;
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
