import type { CollectionHandle } from "../../src/collector/collector.ts";
import { columnName, pointsOf } from "../../src/sample/sample-type.ts";

/** The response with all samples, made of an object per sample and serialised in one go: the plain way to write such a route. */
export function samplesAtOnce(handle: CollectionHandle): string {
  const samples = handle.recent(handle.taken).toReversed();
  const columns = new Map<string, { readonly field: string; readonly path: readonly string[] }>();
  const measured = samples.map(({ values }) => {
    const row = new Map<string, number>();
    for (const { field, path, value } of values ? pointsOf(handle.type, values) : []) {
      const name = columnName({ field, path });
      columns.set(name, { field, path });
      row.set(name, value);
    }
    return row;
  });
  const names = [...columns.keys()];
  return JSON.stringify({
    collection: handle.name,
    columns: ["time", "outcome", "durationMs", "errorType", ...names],
    points: [...columns.values()],
    rows: samples.map(({ time, outcome, durationMs, error }, n) => [
      time,
      outcome,
      durationMs,
      error?.type ?? null,
      ...names.map((name) => measured[n]?.get(name) ?? null),
    ]),
    next: handle.taken,
  });
}
