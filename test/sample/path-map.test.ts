import * as fc from "fast-check";
import { expect, it } from "vitest";
import { PathMap } from "../../src/sample/path-map.ts";

const path = fc.tuple(fc.constantFrom("", "a", "b", "a\0b", "a/b", "/"), fc.constantFrom("", "b", "\0", "/c", "b/c"));

it("PathMap holds one value for each path, as a map of the paths as JSON does, whatever the names contain", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(path, fc.option(fc.nat()))), (steps) => {
      const map = new PathMap<number>();
      const expected = new Map<string, number>();
      for (const [key, value] of steps) {
        if (value === null) {
          map.delete(key);
          expected.delete(JSON.stringify(key));
        } else {
          map.set(key, value);
          expected.set(JSON.stringify(key), value);
        }
      }
      expect(map.size).toBe(expected.size);
      expect(new Map([...map.entries()].map(([key, value]) => [JSON.stringify(key), value]))).toEqual(expected);
      for (const [key] of steps) expect(map.get(key)).toBe(expected.get(JSON.stringify(key)));
    }),
  );
});
