import { describe, expect, it } from "vitest";
import * as z from "zod";
import { accepted } from "../../src/config/prune.ts";
import { configFolder } from "../support/config-folder.ts";

const { problems } = configFolder();

const HEAD = 'file_format: "1.0"\n';

describe("what is left of an invalid configuration", () => {
  const schema = z.strictObject({
    list: z.array(z.strictObject({ n: z.number(), at: z.string().default("here") })).default([]),
    map: z.record(z.string(), z.strictObject({ n: z.number() })).default({}),
  });

  it("accepted drops each wrong item of a list and no other, however many there are", () => {
    const item = (n: unknown): unknown => ({ n });
    const list = [item("a"), item(1), item("b"), item("c"), item(4), item(null), item(6)];
    const rest = accepted(schema, { list: list.map((each) => each) });
    // A required number that is wrong is removed first, and then the item that lacks it.
    expect(rest?.data.list.map(({ n }) => n)).toEqual([1, 4, 6]);
    expect(rest?.data.list.map((_, n) => rest.originalPath(["list", n, "n"]))).toEqual([1, 4, 6].map((n) => ["list", n, "n"]));
  });

  it("accepted keeps an item that only has a setting too many, or two wrong ones", () => {
    const data = {
      list: [
        { n: 1, x: 1, y: 2 },
        { n: 2, at: 5 },
      ],
      map: { a: { n: 1 }, b: { n: "x", z: 1 }, c: { n: 3 } },
    };
    const rest = accepted(schema, data);
    expect(rest?.data).toEqual({
      list: [
        { n: 1, at: "here" },
        { n: 2, at: "here" },
      ],
      map: { a: { n: 1 }, c: { n: 3 } },
    });
    expect(rest?.removed).toEqual(
      expect.arrayContaining([
        ["list", 0, "x"],
        ["list", 0, "y"],
        ["list", 1, "at"],
        ["map", "b", "n"],
        ["map", "b", "z"],
        ["map", "b"],
      ]),
    );
    expect(data.map.b).toEqual({ n: "x", z: 1 });
  });
});

describe("problems beside others", () => {
  it("loadConfig reports the problems behind wrong items of a list at their own lines", async () => {
    const text = `${HEAD}collector:
  sources: { here: { kind: host } }
  collections: { a: { source: here } }
  health:
    informational:
      - 5
      - collection:a
      - true
      - source:her
      - collection:b
    rules:
      - { collection: a, stat: mena, above: 1 }
      - { collection: a, field: cpuUtilization, above: 1, window: 0s }
      - { collection: nowhere, field: cpuUtilization, above: 1 }
      - { collection: a, field: cpuUtilisation, above: 1 }
`;
    const found = await problems(text);
    expect(found.map((line) => line.replace(/:? .*$/, ""))).toEqual(["7:9", "9:9", "10:9", "11:9", "13:32", "14:67", "15:23", "16:33"]);
    expect(found[2]).toContain('unknown component "source:her"; did you mean "source:here"?');
    expect(found[7]).toContain('has no field "cpuUtilisation"; did you mean');
  });

  it("loadConfig reports nothing that only follows from another problem", async () => {
    const text = `${HEAD}collector:
  sample_types:
    t: { a: { instrument: x.a, unit: "1", by: 5 }, b: { instrument: x.b, unit: "1" } }
  sources:
    s: { kind: 5 }
    j: { kind: http-json, url: "http://127.0.0.1/", readings: { t: { a: /a, b: /b } } }
  collections:
    a: { source: s }
    b: { source: j, interval: 1x }
  health:
    informational: [source:s]
    rules:
      - { collection: b, field: b, above: 1, window: 1s }
      - { collection: b, field: a, above: 1 }
`;
    expect((await problems(text)).map((line) => line.replace(/:? .*$/, ""))).toEqual(["4:47", "6:16", "10:31"]);
  });
});
