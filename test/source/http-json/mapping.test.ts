import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { counter, gauge, oneOf, total, upDownCounter, upTo, duration } from "../../../src/sample/field.ts";
import { defineSampleType, validateReading, type SampleType } from "../../../src/sample/sample-type.ts";
import { graphService } from "../../../src/sample/types/graph-service.ts";
import { httpJson } from "../../../src/source/http-json/http-json.ts";
import type { Reading } from "../../../src/source/source.ts";
import { missingOf } from "../../../src/source/incomplete.ts";
import { serveHttp } from "../../support/http-server.ts";
import { makeSource } from "../../support/source.ts";

const NOW = Date.parse("2026-11-26T10:30:00Z");

const one = defineSampleType("one", {
  count: gauge("one.count", "{thing}"),
  share: gauge("one.share", "1", { max: 1 }),
  percent: gauge("one.percent", "%"),
  size: gauge("one.size", "By"),
  uptime: gauge("one.uptime", "s"),
  wait: gauge("one.wait", "ms"),
  status: gauge("one.status", "{status}"),
  balance: gauge("one.balance", "{coin}", { min: Number.NEGATIVE_INFINITY }),
});
const split = defineSampleType("split", {
  objects: upDownCounter("split.objects", "{object}", { by: [upTo(10, "node")] }),
  load: gauge("split.load", "1", { by: [upTo(10, "node")] }),
  requests: counter("split.requests", "{request}", { by: [upTo(10, "route"), upTo(10, "code")] }),
  lanes: gauge("split.lanes", "{job}", { by: [oneOf("lane", "fast", "slow")] }),
});
const summed = defineSampleType("summed", {
  all: total("parts", "{thing}"),
  parts: upDownCounter("summed.parts", "{thing}", { by: [upTo(10, "part")] }),
});
const timed = defineSampleType("timed", { took: duration("timed.took"), tookMs: gauge("timed.took_ms", "ms") });
const types = new Map<string, SampleType>([graphService, one, split, summed, timed].map((type) => [type.name, type]));

type Mapping = Readonly<Record<string, unknown>>;

/** The values that one reading of a sample type returns for a response, as its sample would have them. */
async function read(type: string, mapping: Mapping, response: unknown, warn?: (message: string) => void): Promise<unknown> {
  const verdict = validateReading(types.get(type) as SampleType, await readRaw(type, mapping, response, warn));
  if (!verdict.ok) throw new Error(verdict.message);
  return verdict.values;
}

async function readRaw(type: string, mapping: Mapping, response: unknown, warn: (message: string) => void = () => {}): Promise<unknown> {
  await using server = await serveHttp((_, answer) => answer.end(typeof response === "string" ? response : JSON.stringify(response)));
  const clock = new ManualClock({ wallMs: NOW });
  const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
  const options = { url: server.url, readings: { [type]: mapping } };
  const source = makeSource(httpJson, options, { name: "s", baseDir: tmpdir(), clock, types, logger });
  const reading = source.readings.get(type) as Reading<unknown>;
  try {
    return await source.read(reading, new AbortController().signal);
  } finally {
    await source.close();
  }
}

const refusal = (type: string, mapping: unknown) => () =>
  makeSource(
    httpJson,
    { url: "http://x/", readings: { [type]: mapping } },
    { name: "s", baseDir: tmpdir(), clock: new ManualClock(), types },
  );

describe("a field of http-json", () => {
  it.each([
    ["a whole number as text", "12", 12],
    ["a fraction as text", " 12.50 ", 12.5],
    ["an exponent as text", "1e3", 1_000],
    ["true", true, 1],
    ["false", false, 0],
    ["a number", 7, 7],
  ])("http-json reads %s", async (_, found, value) => expect(await read("one", { count: "/x" }, { x: found })).toEqual({ count: value }));

  it.each([
    ["milliseconds to seconds", "uptime", { unit: "ms" }, 123_400, 123.4],
    ["microseconds to milliseconds", "wait", { unit: "us" }, 1_500, 1.5],
    ["hours to seconds", "uptime", { unit: "h" }, 2, 7_200],
    ["mebibytes to bytes", "size", { unit: "MiBy" }, 1.5, 1_572_864],
    ["percent to a share", "share", { unit: "%" }, 97.5, 0.975],
    ["a share to percent", "percent", { unit: "1" }, 0.125, 12.5],
    ["milliseconds by their factor", "uptime", { scale: 0.001 }, 123_400, 123.4],
    ["text by its factor", "uptime", { scale: 0.001 }, "123400", 123.4],
    ["a sign by its factor", "balance", { scale: -1 }, 3, -3],
    ["percent as text to percent", "percent", {}, "80.0%", 80],
    ["percent as text to a share", "share", {}, "97.5 %", 0.975],
    ["percent as text whose unit is set", "share", { unit: "%" }, "97.5%", 0.975],
  ])("http-json converts %s", async (_, field, mapping, found, value) =>
    expect(await read("one", { [field]: { path: "/x", ...mapping } }, { x: found })).toEqual({ [field]: value }),
  );

  it.each([
    ["a status word", "yellow", 1],
    ["true", true, 5],
    ["a number", 404, 6],
  ])("http-json maps %s to a number", async (_, found, value) => {
    const map = { green: 0, yellow: 1, red: 2, true: 5, 404: 6 };
    expect(await read("one", { status: { path: "/x", map } }, { x: found })).toEqual({ status: value });
  });

  it.each([
    ["an ISO 8601 time", "2026-11-26T10:00:00Z", {}],
    ["an ISO 8601 time with nanoseconds", "2026-11-26T10:00:00.000000000Z", {}],
    ["an ISO 8601 time with an offset", "2026-11-26T12:00:00+02:00", {}],
    ["a Unix time in seconds", NOW / 1_000 - 1_800, {}],
    ["a Unix time as text", String(NOW / 1_000 - 1_800), {}],
    ["a Unix time in milliseconds", NOW - 1_800_000, { unit: "ms" }],
  ])("http-json measures the age of %s", async (_, found, mapping) =>
    expect(await read("one", { uptime: { path: "/x", as: "age", ...mapping } }, { x: found })).toEqual({ uptime: 1_800 }),
  );

  it("http-json measures an age in the unit of its field", async () =>
    expect(await read("one", { wait: { path: "/x", as: "age" } }, { x: "2026-11-26T10:29:59Z" })).toEqual({ wait: 1_000 }));

  it("http-json measures the duration of the request in the unit of its field", async () => {
    const values = (await read("timed", { took: "$duration", tookMs: { path: "$duration" } }, {})) as { took: number; tookMs: number };
    expect(values.tookMs).toBeCloseTo(values.took * 1_000, 9);
  });

  it("http-json reads the length of a list, also of the whole response", async () => {
    expect(await read("one", { count: "/a/length" }, { a: [1, 2] })).toEqual({ count: 2 });
    expect(await read("one", { count: "length" }, [1, 2, 3])).toEqual({ count: 3 });
  });

  it.each([
    ["text that is no number", "count", {}, "n/a", /count: expected a number, found "n\/a"$/],
    ["a number with separators", "count", {}, "1,234", /count: expected a number, found "1,234"$/],
    ["an empty text", "count", {}, "", /count: expected a number, found ""$/],
    ["hexadecimal text", "count", {}, "0x10", /count: expected a number, found "0x10"$/],
    ["a list", "count", {}, [1], /count: expected a number, found a list$/],
    ["a map", "count", {}, {}, /count: expected a number, found a map$/],
    ["a number below the field's minimum", "count", {}, -1, /count: expected at least 0, found -1$/],
    ["a number above the field's maximum", "share", {}, 2, /share: expected at most 1, found 2$/],
    ["an unknown status word", "status", { map: { up: 1, down: 0 } }, "away", /status: expected up or down, found "away"$/],
    ["a name that every object has", "status", { map: { up: 1 } }, "constructor", /status: expected up, found "constructor"$/],
    ["a time without an offset", "uptime", { as: "age" }, "2026-11-26T10:00:00", /uptime: expected a Unix time, or an ISO 8601 time/],
    ["milliseconds taken for seconds", "uptime", { as: "age" }, NOW, /uptime: expected a Unix time in seconds, .*; set unit to ms/],
    ["a time in the future", "uptime", { as: "age" }, "2027-01-01T00:00:00Z", /uptime: expected at least 0, found -/],
    ["percent in another unit", "count", {}, "80%", /count: expected a number in "\{thing\}", found "80%"$/],
  ])("http-json leaves out %s, and says why if there is no other value", async (_, field, mapping, found, message) => {
    await expect(read("one", { [field]: { path: "/x", ...mapping } }, { x: found })).rejects.toThrow(message);
  });

  it("http-json leaves out a number beyond the range of JavaScript", async () => {
    await expect(read("one", { count: "/x" }, '{"x": 1e999}')).rejects.toThrow(/count: expected a finite number, found one beyond 1e308$/);
  });

  it("http-json reads the other fields where one is wrong", async () => {
    const mapping = { activeNodes: "/nodes", queryRate: "/rps", cacheHitRatio: "/hitPercent" };
    expect(await read("graph-service", mapping, { nodes: "many", rps: "12.5", hitPercent: 97.5 })).toEqual({ queryRate: 12.5 });
  });

  it("http-json marks the values with how many were left out, and why the first was", async () => {
    const mapping = { activeNodes: "/nodes", queryRate: "/rps", cacheHitRatio: "/hitPercent", activeEdges: "/missing" };
    const raw = await readRaw("graph-service", mapping, { nodes: "many", rps: "12.5", hitPercent: 97.5 });
    const text = '2 of 3 values skipped; first activeNodes: expected a number, found "many"';
    expect(missingOf(raw)).toEqual({ share: 2 / 3, count: 2, text });
    expect(missingOf(await readRaw("graph-service", mapping, { rps: 1 }))).toBeUndefined();
  });

  it("http-json logs which configured fields the first response does not contain", async () => {
    const logged: string[] = [];
    await read("one", { count: "/x", size: "/typo", wait: "/off" }, { x: 1, off: 2 }, (message) => logged.push(message));
    expect(logged).toEqual(['the first response does not contain "/typo", so field "size" is absent']);
  });
});

describe("a field of http-json with attributes", () => {
  it("http-json splits a list of objects by a name", async () => {
    const nodes = [
      { name: "n0", stats: { objectCount: 100 } },
      { name: "n1", stats: { objectCount: "50" } },
    ];
    const mapping = { objects: { path: "/nodes/*/stats/objectCount", by: "/name" } };
    expect(await read("split", mapping, { nodes })).toEqual({ objects: { n0: 100, n1: 50 } });
  });

  it("http-json reads a wildcard below a wildcard", async () => {
    const responses = { "GET /collections": { "200": { count: 5 } }, "PUT /x": { "200": { count: 2 }, "400": { count: 1 } } };
    const value = await read("split", { requests: "/responses/*/*/count" }, { responses });
    expect(value).toEqual({ requests: { "GET /collections": { 200: 5 }, "PUT /x": { 200: 2, 400: 1 } } });
  });

  it("http-json takes a name for each wildcard, from entries and from keys", async () => {
    const routes = { a: { id: "GET /", codes: [{ code: 200, n: 3 }] }, b: { id: "PUT /", codes: [{ code: 404, n: 1 }] } };
    const value = await read("split", { requests: { path: "/*/codes/*/n", by: ["id", "code"] } }, routes);
    expect(value).toEqual({ requests: { "GET /": { 200: 3 }, "PUT /": { 404: 1 } } });
    const keyed = await read("split", { requests: { path: "/*/codes/*/n", by: ["$key", "code"] } }, routes);
    expect(keyed).toEqual({ requests: { a: { 200: 3 }, b: { 404: 1 } } });
  });

  it("http-json names the items of a list by their index if asked to", async () =>
    expect(await read("split", { load: { path: "/*", by: "$key" } }, [0.5, 0.25])).toEqual({ load: { 0: 0.5, 1: 0.25 } }));

  it("http-json reads a map without a wildcard", async () =>
    expect(await read("split", { lanes: "/q" }, { q: { fast: 1, slow: null } })).toEqual({ lanes: { fast: 1 } }));

  it("http-json adds up entries of one name where the field adds up, and leaves them out where not", async () => {
    const response = [
      { n: "a", x: 1 },
      { n: "b", x: 2 },
      { n: "a", x: 3 },
    ];
    expect(await read("split", { objects: { path: "/*/x", by: "n" } }, response)).toEqual({ objects: { a: 4, b: 2 } });
    expect(await read("split", { load: { path: "/*/x", by: "n" } }, response)).toEqual({ load: { b: 2 } });
  });

  it("http-json reads an empty list as no values", async () =>
    expect(await read("split", { objects: { path: "/*/x", by: "n" } }, [])).toEqual({ objects: {} }));

  it.each([
    [
      "a list without the path of names",
      { objects: "/*/x" },
      [{ x: 1 }],
      /objects: expected a map, found a list; use \* for its items, and by/,
    ],
    ["a list at the end of a path", { lanes: "/q" }, { q: [1] }, /lanes: expected a map, found a list/],
    ["text in place of a map", { lanes: "/q" }, { q: "x" }, /lanes: expected a map, found "x"/],
    ["an item without a name", { objects: { path: "/*/x", by: "n" } }, [{ x: 1 }], /objects: expected a name for each entry, found none/],
    ["a name that the attribute does not have", { lanes: "/q" }, { q: { other: 1 } }, /lanes: expected fast or slow, found "other"/],
    ["a name of 300 characters", { load: "/q" }, { q: { ["x".repeat(300)]: 1 } }, /load: expected names of at most 256 characters/],
    ["the name __proto__", { load: "/q" }, '{"q": {"__proto__": 1}}', /load: expected another name than __proto__/],
  ])("http-json leaves out %s", async (_, mapping, response, message) => {
    await expect(read("split", mapping, response)).rejects.toThrow(message);
  });

  it("http-json leaves out a breakdown of more than 10 000 values, and reads the other fields", async () => {
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`k${n}`, 1]));
    expect(await read("split", { load: "/q", lanes: "/lanes" }, { q: many, lanes: { fast: 1 } })).toEqual({ lanes: { fast: 1 } });
  });

  it("http-json takes a method's name as the name of an entry", async () => {
    const value = await read("split", { requests: "/*/*" }, { toString: { constructor: 1 } });
    expect(value).toEqual({ requests: { toString: { constructor: 1 } } });
  });

  it("http-json leaves out a breakdown whose parts are not all valid if a total sums it", async () =>
    expect(await read("summed", { all: "/all", parts: "/parts" }, { all: 3, parts: { a: 1, b: "x" } })).toEqual({ all: 3 }));
});

describe("the mapping of a field of http-json", () => {
  it.each([
    ["JSONPath", "one", { count: "$.a" }, /readings.one.count: .*found "\$\.a"; did you mean "\/a"\?/],
    ["a URI fragment", "one", { count: "#/a" }, /readings.one.count: .*did you mean "\/a"\?/],
    ["brackets", "one", { count: { path: "a[0].b" } }, /readings.one.count.path: .*did you mean "\/a\/0\/b"\?/],
    ["an unknown word", "one", { count: "$durration" }, /readings.one.count: .*did you mean "\$duration"\?/],
    ["a number in place of a path", "one", { count: 5 }, /readings.one.count: expected a path, or a map with a path; found 5/],
    ["an unknown setting", "one", { count: { path: "/a", scal: 2 } }, /unknown setting "scal"; did you mean "scale"\?/],
    ["a map without a path", "one", { count: { scale: 2 } }, /readings.one.count.path: required, but missing; expected text/],
    [
      "two ways to scale",
      "one",
      { size: { path: "/a", scale: 2, unit: "KiBy" } },
      /expected no scale, because unit converts the number already/,
    ],
    ["a factor of 0", "one", { size: { path: "/a", scale: 0 } }, /size.scale: expected a number other than 0, found 0/],
    [
      "units that do not fit",
      "one",
      { size: { path: "/a", unit: "ms" } },
      /field "size" of sample type "one": cannot convert "ms" to "By"/,
    ],
    ["an age in bytes", "one", { size: { path: "/a", as: "age" } }, /field "size" of sample type "one": cannot convert "s" to "By"/],
    [
      "a map of words with a unit",
      "one",
      { status: { path: "/a", map: { up: 1 }, unit: "s" } },
      /expected no unit, because map gives the numbers/,
    ],
    ["an empty map of words", "one", { status: { path: "/a", map: {} } }, /status.map: expected at least one entry/],
    ["a wildcard for a field without attributes", "one", { count: "/*/x" }, /the path has 1 \* and the field no attribute/],
    ["more wildcards than attributes", "split", { load: { path: "/*/*", by: "n" } }, /the path has 2 \* and the field one attribute/],
    ["names without a wildcard", "split", { load: { path: "/a", by: "n" } }, /load.by: expected no by, because the path has no \*/],
    ["too few names", "split", { requests: { path: "/*/*", by: ["n"] } }, /expected a name for each \* of the path, 2 in total, found 1/],
    [
      "a name with a wildcard",
      "split",
      { load: { path: "/*/x", by: "/*/n" } },
      /expected a path without \*, because an entry has one name/,
    ],
  ])("http-json refuses %s", (_, type, mapping, message) => {
    expect(refusal(type, mapping)).toThrow(message);
  });
});
