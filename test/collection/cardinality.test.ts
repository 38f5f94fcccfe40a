import { describe, expect, it } from "vitest";
import { CardinalityLimiter } from "../../src/collection/cardinality.ts";
import { counter, gauge, oneOf, upDownCounter, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";

const traffic = defineSampleType("traffic", {
  jobs: upDownCounter("jobs", "{job}", { by: [upTo(2, "queue")] }),
  load: gauge("load", "Cel", { by: [upTo(2, "queue")] }),
  io: counter("io", "By", { by: [upTo(1, "device"), oneOf("direction", "in", "out")] }),
  depth: gauge("depth", "{job}"),
});

describe("CardinalityLimiter", () => {
  it("CardinalityLimiter admits the largest values of an axis and adds up the rest", () => {
    const limiter = new CardinalityLimiter(traffic, 1_000);
    expect(limiter.admit({ jobs: { a: 1, b: 5, c: 3 }, depth: 9 }, 0)).toEqual({ jobs: { b: 5, c: 3, _OTHER: 1 }, depth: 9 });
    expect(limiter.overLimit).toBe(1);
  });

  it("CardinalityLimiter keeps a value that becomes smaller admitted, and admits no value that becomes larger later", () => {
    const limiter = new CardinalityLimiter(traffic, 1_000);
    limiter.admit({ jobs: { a: 10, b: 9 } }, 0);
    expect(limiter.admit({ jobs: { a: 0, b: 0, c: 100, d: 50 } }, 1)).toEqual({ jobs: { a: 0, b: 0, _OTHER: 150 } });
  });

  it("CardinalityLimiter admits another value once one has been absent for as long as samples are retained", () => {
    const limiter = new CardinalityLimiter(traffic, 1_000);
    limiter.admit({ jobs: { a: 1, b: 1 } }, 0);
    expect(limiter.admit({ jobs: { b: 1, c: 1 } }, 999)).toEqual({ jobs: { b: 1, _OTHER: 1 } });
    expect(limiter.admit({ jobs: { b: 1, c: 1 } }, 1_000)).toEqual({ jobs: { b: 1, c: 1 } });
  });

  it("CardinalityLimiter drops and counts the values of a gauge over the limit, whatever its unit", () => {
    const limiter = new CardinalityLimiter(traffic, 1_000);
    expect(limiter.admit({ load: { a: 0.5, b: 0.4, c: 0.3, d: 0.2 } }, 0)).toEqual({ load: { a: 0.5, b: 0.4 } });
    expect(limiter.overLimit).toBe(2);
  });

  it("CardinalityLimiter adds up the values of an outer axis separately for each value of the inner one", () => {
    const limiter = new CardinalityLimiter(traffic, 1_000);
    const io = { sda: { in: 5, out: 5 }, sdb: { in: 1, out: 2 }, sdc: { in: 3 } };
    expect(limiter.admit({ io }, 0)).toEqual({ io: { sda: { in: 5, out: 5 }, _OTHER: { in: 4, out: 2 } } });
    expect(limiter.overLimit).toBe(3);
  });
});
