import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SampleBuffer } from "../../src/buffer/buffer.ts";
import { gauge, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { resolved } from "../support/points.ts";

const queue = defineSampleType("queue", {
  depth: gauge("depth", "{job}"),
  lanes: gauge("lanes", "{job}", { by: [upTo(5, "lane")] }),
});

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");
const WINDOWS = { "1m": 60_000, "5m": 300_000, "1h": 3_600_000 } as const;

/** A buffer with samples, of which those from number `from` to `to` were replayed. */
function filled(retain: number, depths: readonly (number | undefined)[], from: number, to: number): SampleBuffer<typeof queue> {
  const buffer = new SampleBuffer("queue", queue, retain, Object.values(WINDOWS));
  for (const [n, depth] of depths.entries()) {
    const values = depth === undefined ? {} : { depth, lanes: { [`lane ${n % 3}`]: depth / 2 } };
    const time = new Date(START_MS + n * 1_000).toISOString();
    const sample = { time, collection: "queue", outcome: "success", durationMs: 1 + (n % 7), values } as const;
    buffer.push({ sample, atMs: n * 1_000, dueMs: n * 1_000, latenessMs: 0 }, resolved(buffer, queue, values), n >= from && n < to);
  }
  return buffer;
}

describe("SampleBuffer: replayed samples", () => {
  it("Windows of replayed samples are those of samples as they happen, beyond what the buffer retains as well", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.option(fc.integer({ min: -1_000, max: 1_000 }), { nil: undefined, freq: 8 }), { minLength: 600, maxLength: 900 }),
        fc.nat(900),
        fc.nat(900),
        (retain, depths, from, to) => {
          const now = { wallMs: START_MS + depths.length * 1_000, monotonicMs: depths.length * 1_000 };
          const [plain, replayed] = [filled(retain, depths, 0, 0), filled(retain, depths, from, to)];
          for (const [window, ms] of Object.entries(WINDOWS))
            expect(replayed.aggregate(window, ms, now)).toEqual(plain.aggregate(window, ms, now));
        },
      ),
      { numRuns: 60 },
    );
  });
});
