import { describe, expect, it } from "vitest";
import { EACH, locate, parsePath } from "../../../src/source/http-json/path.ts";

function stepsOf(text: string) {
  const path = parsePath(text);
  if (!path.ok) throw new Error(path.message);
  return path.steps;
}

describe("parsePath", () => {
  it.each([
    ["/a/b", { a: { b: 1 } }, 1],
    ["/a~1b/~0", { "a/b": { "~": 2 } }, 2],
    ["/~01", { "~1": 4 }, 4],
    ["a.b", { a: { b: 3 } }, 3],
    ["/a.b/c d", { "a.b": { "c d": 5 } }, 5],
    ["/", { "": 8 }, 8],
    ["/list/1", { list: [5, 6] }, 6],
    ["list.1", { list: [5, 6] }, 6],
    ["/list/length", { list: [5, 6] }, 2],
    ["length", [1, 2, 3], 3],
    ["/a[0]", { "a[0]": 7 }, 7],
    ["/$a", { $a: 9 }, 9],
    ["@timestamp", { "@timestamp": 10 }, 10],
    ["/text/length", { text: "ab" }, undefined],
    ["/constructor", {}, undefined],
    ["/a/b/c", { a: null }, undefined],
    ["", { a: 1 }, { a: 1 }],
  ])("parsePath reads %o as the steps to a value", (text, document, value) => expect(locate(document, stepsOf(text))).toEqual(value));

  it("parsePath reads * as each entry", () => {
    expect(stepsOf("/a/*/b")).toEqual(["a", EACH, "b"]);
    expect(stepsOf("a.*.b")).toEqual(["a", EACH, "b"]);
  });

  it.each([
    ["$.a", "/a"],
    ["$.a.b[0].c", "/a/b/0/c"],
    ["$['a']['b/c']", "/a/b~1c"],
    ['$["a"]', "/a"],
    ["$[*].name", "/*/name"],
    ["#/a", "/a"],
    ["#/a/b", "/a/b"],
    ["@.a", "/a"],
    ["a[0].b", "/a/0/b"],
    ["measurements[0].value", "/measurements/0/value"],
    ["a[*].b", "/a/*/b"],
    [".a.b", "/a/b"],
    [".models[].size", "/models/*/size"],
    ["[0].a", "/0/a"],
    ["a/b", "/a/b"],
    ["a.b.", "/a/b"],
    ["$a", "/$a"],
  ])("parsePath refuses %o and suggests the JSON Pointer %o", (text, pointer) => {
    const path = parsePath(text);
    expect(path).toMatchObject({ ok: false, message: expect.stringContaining(`found "${text}"; did you mean "${pointer}"?`) as string });
  });

  it.each(["$", "$..a", "/a~2", "/a~", "a..b"])("parsePath refuses %o", (text) => {
    expect(parsePath(text)).toMatchObject({ ok: false, message: expect.stringMatching(/^expected a JSON Pointer/) as string });
  });
});
