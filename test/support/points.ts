import { PointTable, type ResolvedPoints } from "../../src/sample/points.ts";
import type { AnyValues, SampleType } from "../../src/sample/sample-type.ts";

/** One table for each consumer of points and collection, as each collection has one. */
const tables = new WeakMap<object, Map<string, PointTable>>();

/** The points of a sample's values, for one consumer. */
export function resolved(consumer: object, type: SampleType, values: AnyValues | undefined, collection = ""): ResolvedPoints {
  const own = tables.get(consumer) ?? new Map<string, PointTable>();
  tables.set(consumer, own);
  const table = own.get(collection) ?? new PointTable(type, 1_000);
  own.set(collection, table);
  return table.resolve(values);
}
