import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonLimitError, JsonReader } from "../../../src/source/http-json/json-reader.ts";
import { locate } from "../../../src/source/http-json/path.ts";
import type { Wanted } from "../../../src/source/http-json/wanted.ts";

const leaf: Wanted = { keys: new Map(), each: undefined };
const everything: Wanted = { keys: new Map(), each: { keys: new Map(), each: leaf } };

const at = (path: readonly string[]): Wanted => {
  const [first, ...rest] = path;
  return first === undefined ? leaf : { keys: new Map([[first, at(rest)]]), each: undefined };
};

/** The wanted parts of a document that arrives in pieces of these sizes, used in turns. */
function read(wanted: Wanted, text: string, sizes: readonly number[] = [text.length + 1]): unknown {
  const reader = new JsonReader(wanted);
  const bytes = Buffer.from(text);
  for (let start = 0, n = 0; start < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] as number;
    reader.feed(bytes.subarray(start, start + size));
    start += size;
  }
  return reader.end();
}

/** Every path of a document to a value that is neither a map nor a list. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.keys(value).flatMap((key) => pathsOf((value as Record<string, unknown>)[key], [...path, key]));
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });

describe("JsonReader", () => {
  it("JsonReader finds at every path what JSON.parse finds there, in whatever pieces the document arrives", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), sizes, fc.constantFrom(undefined, 1, "\t"), (json, pieces, indent) => {
        const text = JSON.stringify(JSON.parse(json), undefined, indent);
        const whole: unknown = JSON.parse(text);
        for (const path of pathsOf(whole)) expect(locate(read(at(path), text, pieces), path)).toEqual(locate(whole, path));
      }),
    );
  });

  it("JsonReader reads a list of objects whole where each entry is wanted", () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })))),
        sizes,
        (list, pieces) => {
          const text = JSON.stringify(list);
          expect(read(everything, text, pieces)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it("JsonReader refuses a document that was cut anywhere", () => {
    const text = '{"a": [1, {"b": "\\"]"}, null], "c": true}';
    for (let length = 0; length < text.length; length += 1)
      for (const wanted of [leaf, everything, at(["a", "1", "b"])]) expect(() => read(wanted, text.slice(0, length))).toThrow(SyntaxError);
  });

  it.each([
    "<html>",
    "[1,]",
    "[,1]",
    '{"a" 1}',
    '{"a": 1,}',
    "{a: 1}",
    "[1] 2",
    "[1}",
    '{"a": 1]',
    "[nul]",
    "[01]",
    "[1.]",
    '["\\x"]',
    '["\n"]',
    "NaN",
    "\u0000",
  ])("JsonReader refuses %j, as JSON.parse does", (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(() => read(everything, text)).toThrow(SyntaxError);
  });

  it("JsonReader refuses the wrong bracket in a part that is not wanted", () =>
    expect(() => read(at(["b"]), '{"a": [{"x": 1]}, "b": 1}')).toThrow(SyntaxError));

  it("JsonReader reads a scalar as a whole document", () => {
    expect(read(leaf, " 12 ")).toBe(12);
    expect(read(leaf, "12", [1])).toBe(12);
    expect(read(leaf, '"a"')).toBe("a");
  });

  it("JsonReader stores nothing that is not wanted, but the length of a list", () => {
    const document = read(at(["list", "length"]), '{"list": [{"x": 1}, "y", 3], "other": {"z": 1}}');
    expect(Object.keys(document as object)).toEqual(["list"]);
    expect(locate(document, ["list", "length"])).toBe(3);
    expect(Object.keys((document as { list: object }).list)).toEqual([]);
  });

  it("JsonReader stores the name __proto__ as a key", () => {
    const document = read(everything, '{"__proto__": {"x": 1}}') as object;
    expect(Object.keys(document)).toEqual(["__proto__"]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it("JsonReader refuses the 65th level of nesting, wanted or not", () => {
    const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
    expect(() => read(leaf, nested(64))).not.toThrow();
    expect(() => read(leaf, nested(65))).toThrow(JsonLimitError);
    expect(() => read(at(["b"]), `{"a": ${nested(64)}}`)).toThrow(JsonLimitError);
  });

  it("JsonReader refuses more than 50 000 wanted values, and passes over more that are not wanted", () => {
    const text = `[${"1,".repeat(50_000)}1]`;
    expect(() => read({ keys: new Map(), each: leaf }, text)).toThrow(JsonLimitError);
    expect(locate(read(leaf, text), ["length"])).toBe(50_001);
  });
});
