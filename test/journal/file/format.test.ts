import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeEntry, encodeValues, scan, type StoredRecord } from "../../../src/journal/file/format.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });

/** The records in some bytes. */
function recordsOf(bytes: Buffer): readonly StoredRecord[] {
  const records: StoredRecord[] = [];
  expect(scan(bytes, 0, (record) => records.push(record))).toEqual({ soundEnd: bytes.length, damages: [] });
  return records;
}

describe("records of a segment", () => {
  it("Values are read as they were written, whatever their names and texts are", () => {
    fc.assert(
      fc.property(fc.dictionary(text, text), fc.dictionary(text, text), (first, second) => {
        const found = recordsOf(Buffer.concat([encodeValues(first), encodeValues(second)])).map((record) => {
          if (record.type !== "values") throw new Error("expected values");
          return Object.fromEntries(Object.entries(record.values).map(([name, value]) => [name, value.toString()]));
        });
        // A name such as __proto__ has no prototype to set here.
        expect(found.map((values) => Object.entries(values))).toEqual([first, second].map((values) => Object.entries(values)));
      }),
    );
  });

  it("Entries are read as they were written", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), text, text, text, (seq, key, kind, body) => {
        const [record] = recordsOf(encodeEntry({ seq, key, kind, body }));
        expect(record?.type === "entry" && record.decode()).toEqual({ seq, key, kind, body });
      }),
    );
  });
});
