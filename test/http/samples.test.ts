import * as z from "zod";
import { describe, expect, it, vi } from "vitest";
import type { SamplesAnswer } from "../../src/answer/collection.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { createApp } from "../../src/http/index.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { gauge, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";

const fleet = defineSampleType("fleet", {
  load: gauge("fleet.load", "1", { by: [upTo(100, "host")] }),
  depth: gauge("fleet.depth", "{job}"),
});

/** A collection whose n-th sample is `values(n)`; a failure if that throws. */
async function setUp(values: (n: number) => unknown, { retain = 3_600, seconds = 0 } = {}) {
  let n = -1;
  const act = (): never => values((n += 1)) as never;
  const kind = defineSource({
    kind: "counted",
    options: z.strictObject({}),
    open: () => ({ async [Symbol.asyncDispose]() {} }),
    readings: [reading(fleet, act)],
  });
  const clock = new ManualClock();
  const collector = createCollector(
    {
      sources: { counted: { kind: "counted", breaker: { failures: 1_000 } } },
      collections: { fleet: { source: "counted", interval: "1s", retain } },
    },
    { clock, sourceKinds: [kind], mute: true },
  );
  const app = createApp(collector, { clock });
  await collector.start();
  for (let second = 0; second < seconds; second += 1) await clock.advance(1_000);
  const get = (query: string) => app.request(`/api/v1/collections/fleet/samples?${query}`);
  const answer = async (query: string) => (await (await get(query)).json()) as SamplesAnswer;
  return { app, clock, collector, get, answer, handle: collector.collection("fleet", fleet) };
}

/** A row as an object by column, without the points that it did not measure. */
const asObject = ({ columns }: SamplesAnswer, row: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(columns.flatMap((column, n) => (row[n] === null ? [] : [[column, row[n]]])));

const hosts = (names: readonly string[], value: number) => ({ load: Object.fromEntries(names.map((name) => [name, value / 1_000])) });

describe("samples over HTTP", () => {
  it("rows hold exactly what each sample measured, while points come and go and readings fail", async () => {
    const { answer, handle } = await setUp(
      (n) => {
        if (n % 7 === 3) throw new Error("no");
        return { ...hosts(n < 20 ? ["a", "b/c"] : ["b/c", "d"], n), ...(n % 2 === 0 ? { depth: n } : {}) };
      },
      { retain: 30, seconds: 45 },
    );
    for (const query of ["since=0", "last=5", `since=${handle.taken - 1}`, "last=30&fields=depth"]) {
      const found = await answer(query);
      const isWanted = (field: string): boolean => !query.includes("fields") || query.includes(field);
      const expected = handle
        .recent(found.rows.length)
        .toReversed()
        .map(({ time, outcome, durationMs, error, values }) => ({
          time,
          outcome,
          durationMs,
          ...(error ? { errorType: error.type } : {}),
          ...(isWanted("load")
            ? Object.fromEntries(Object.entries(values?.load ?? {}).map(([host, value]) => [`load/${host}`, value]))
            : {}),
          ...(isWanted("depth") && values?.depth !== undefined ? { depth: values.depth } : {}),
        }));
      expect(found.rows.map((row) => asObject(found, row))).toEqual(expected);
      const seen = new Set(expected.flatMap((row) => Object.keys(row)));
      for (const column of found.columns.slice(4)) expect(seen).toContain(column);
      expect(found.columns.slice(4)).toEqual(found.points.map(({ field, path }) => [field, ...path].join("/")));
      expect(found.next).toBe(handle.taken);
    }
  });

  it("the cost of samples since a number is that of the new ones, not of all that are retained", async () => {
    const { answer, handle } = await setUp((n) => hosts(["a", "b"], n), { seconds: 600 });
    const { table } = handle;
    const { columns } = table;
    const times = vi.spyOn(table, "timeMs");
    const rows = vi.spyOn(table, "row");
    let searched = 0;
    vi.spyOn(table, "columns", "get").mockImplementation(() =>
      columns.map((column) => ({
        ...column,
        isMeasuredIn: (from: number, to: number) => ((searched += to - from), column.isMeasuredIn(from, to)),
      })),
    );
    expect((await answer(`since=${table.taken - 1}`)).rows).toHaveLength(1);
    const cost = [times.mock.calls.length, rows.mock.calls.length, searched];
    expect((await answer("since=0")).rows).toHaveLength(table.taken);
    expect(cost.map((calls) => calls > 0 && calls <= 3)).toEqual([true, true, true]);
    // What was counted is what grows with the samples.
    expect([times.mock.calls.length, rows.mock.calls.length, searched].map((calls) => calls > table.taken)).toEqual([true, true, true]);
  });

  it("many samples are written in turns, between which other requests are answered", async () => {
    const names = Array.from({ length: 100 }, (_, n) => `host-${n}`);
    const { app, get, handle } = await setUp((n) => hosts(names, n), { seconds: 400 });
    const response = await get("last=100000");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const chunks: Uint8Array[] = [];
    let probes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      expect((await app.request("/livez")).status).toBe(200);
      probes += 1;
    }
    const text = Buffer.concat(chunks).toString();
    expect((JSON.parse(text) as SamplesAnswer).rows).toHaveLength(handle.taken);
    // A chunk exceeds the limit by less than a row.
    const limit = 64 * 1024 + 2 * (text.length / handle.taken);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(limit);
    expect(probes).toBeGreaterThanOrEqual(Math.floor(text.length / limit));
  });

  it("answers that are written at the same time take turns", async () => {
    const names = Array.from({ length: 100 }, (_, n) => `host-${n}`);
    const { get } = await setUp((n) => hosts(names, n), { seconds: 200 });
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2].map(async (client) => {
        for await (const _ of (await get("last=100000")).body as unknown as AsyncIterable<Uint8Array>) order.push(client);
      }),
    );
    const firstEnd = Math.min(...[0, 1, 2].map((client) => order.lastIndexOf(client)));
    expect(new Set(order.slice(0, firstEnd))).toEqual(new Set([0, 1, 2]));
  });

  it("a client that reads slower than samples are dropped gets no row of a dropped sample, and complete JSON", async () => {
    const names = Array.from({ length: 100 }, (_, n) => `host-${n}`);
    const { get, clock, handle } = await setUp((n) => hosts(names, n), { retain: 600, seconds: 600 });
    const before = handle.recent(600).map(({ time }) => time);
    const response = await get("last=100000");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const texts = [Buffer.from((await reader.read()).value ?? []).toString()];
    for (let second = 0; second < 550; second += 1) await clock.advance(1_000);
    for (let read = await reader.read(); !read.done; read = await reader.read()) texts.push(Buffer.from(read.value).toString());
    const { rows } = JSON.parse(texts.join("")) as SamplesAnswer;
    const times = rows.map(([time]) => time);
    expect(times).toEqual(before.filter((time) => times.includes(time)).toReversed());
    expect(times.length).toBeLessThan(600);
    expect(times.at(-1)).toBe(before[0]);
    for (const row of rows) expect(new Set(row.slice(4)).size).toBe(1);
  });
});
