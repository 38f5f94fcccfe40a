import type * as z from "zod";
import type { SampleRow, SamplesAnswer } from "../answer/collection.ts";
import type { SampleTable, TableColumn } from "../buffer/table.ts";
import type { CollectionHandle } from "../collector/collector.ts";
import { columnName } from "../sample/sample-type.ts";
import type { Lazy } from "./api/answer-writer.ts";
import type { listSamples } from "./api/operations.ts";

/** Number of samples returned by default. */
const DEFAULT_LAST = 100;

type SamplesQuery = z.output<typeof listSamples.query>;

/** Samples to return: those from number `from` (inclusive) to `to` (exclusive) that are within the requested times. */
interface Selection {
  readonly from: number;
  readonly to: number;
  readonly isWithin: (n: number) => boolean;
}

/**
 * Columns and rows, newest last: a column for each point that was measured, null where a sample did not measure it. Rows are made while
 * they are written. A sample that is no longer retained by then, because the client reads slower than samples are taken, has no row.
 */
export function* samplesOf(handle: CollectionHandle, query: SamplesQuery): Generator<undefined, Lazy<SamplesAnswer>> {
  const { table } = handle;
  const selection = selectionOf(table, query);
  const next = nextOf(table, selection, query);
  const columns = yield* measuredColumns(handle, selection, query.fields);
  return {
    collection: handle.name,
    columns: ["time", "outcome", "durationMs", "errorType", ...columns.map(columnName)],
    points: columns.map(({ field, path }) => ({ field, path })),
    rows: rowsOf(table, columns, selection),
    next,
  };
}

function selectionOf(table: SampleTable, query: SamplesQuery): Selection {
  const { since, from, to } = query;
  const fromMs = from?.getTime() ?? Number.NEGATIVE_INFINITY;
  const toMs = to?.getTime() ?? Number.POSITIVE_INFINITY;
  const isWithin = (n: number): boolean => {
    const timeMs = table.timeMs(n);
    return timeMs >= fromMs && timeMs < toMs;
  };
  // A client that continues after a number gets everything since, unless it limits that: what is left out could not be requested again.
  const isNarrowed = since !== undefined || from !== undefined || to !== undefined;
  const last = query.last ?? (isNarrowed ? Number.POSITIVE_INFINITY : DEFAULT_LAST);
  // After a number from another run of the collector, all samples are new.
  const oldest = since !== undefined && since <= table.taken ? Math.max(since, table.oldest) : table.oldest;
  let [first, end] = [table.taken, table.taken];
  for (let [n, count] = [table.taken - 1, 0]; n >= oldest && count < last; n -= 1) {
    if (!isWithin(n)) continue;
    if (count === 0) end = n + 1;
    first = n;
    count += 1;
  }
  return { from: first, to: end, isWithin };
}

/** The columns that a selection needs, in the order of the fields. */
function* measuredColumns(
  { table, type }: CollectionHandle,
  { from, to }: Selection,
  fields: readonly string[] | undefined,
): Generator<undefined, readonly TableColumn[]> {
  const measured: TableColumn[] = [];
  for (const column of table.columns) {
    if ((fields?.includes(column.field) ?? true) && column.isMeasuredIn(from, to)) measured.push(column);
    yield;
  }
  const order = new Map(Object.keys(type.fields).map((field, n) => [field, n]));
  const place = ({ field }: TableColumn): number => order.get(field) as number;
  return measured.toSorted((a, b) => place(a) - place(b));
}

function* rowsOf(table: SampleTable, columns: readonly TableColumn[], { from, to, isWithin }: Selection): Generator<SampleRow> {
  for (let n = from; n < to; n += 1) {
    n = Math.max(n, table.oldest);
    if (n >= to || !isWithin(n)) continue;
    const { time, outcome, durationMs, error } = table.row(n);
    const values = columns.map((column) => {
      const value = column.at(n);
      return Number.isNaN(value) ? null : value;
    });
    yield [time, outcome, durationMs, error?.type ?? null, ...values];
  }
}

/** The number after which the next request continues. Without a match before `to`, it starts from the same sample. */
function nextOf({ taken }: SampleTable, { from, to }: Selection, query: SamplesQuery): number {
  if (from < to) return to;
  return query.to === undefined ? taken : (query.since ?? 0);
}
