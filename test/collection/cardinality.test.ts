import { describe, expect, it } from "vitest";
import { CardinalityLimiter } from "../../src/collection/cardinality.ts";
import { counter, gauge, oneOf, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";

const traffic = defineSampleType("traffic", {
  jobs: gauge("jobs", "{job}", { by: [upTo(2, "queue")] }),
  load: gauge("load", "1", { by: [upTo(2, "queue")] }),
  io: counter("io", "By", { by: [upTo(1, "device"), oneOf("direction", "in", "out")] }),
  depth: gauge("depth", "{job}"),
});

describe("admission", () => {
  it("gives places by size at first sight and adds up the rest", () => {
    const admission = new CardinalityLimiter(traffic, 1_000);
    expect(admission.admit({ jobs: { a: 1, b: 5, c: 3 }, depth: 9 }, 0)).toEqual({ jobs: { b: 5, c: 3, _OTHER: 1 }, depth: 9 });
    expect(admission.refused).toBe(1);
  });

  it("keeps a place for a value that shrinks, and gives none to one that grows later", () => {
    const admission = new CardinalityLimiter(traffic, 1_000);
    admission.admit({ jobs: { a: 10, b: 9 } }, 0);
    expect(admission.admit({ jobs: { a: 0, b: 0, c: 100, d: 50 } }, 1)).toEqual({ jobs: { a: 0, b: 0, _OTHER: 150 } });
  });

  it("gives a place away once its value has been absent for as long as samples are retained", () => {
    const admission = new CardinalityLimiter(traffic, 1_000);
    admission.admit({ jobs: { a: 1, b: 1 } }, 0);
    expect(admission.admit({ jobs: { b: 1, c: 1 } }, 999)).toEqual({ jobs: { b: 1, _OTHER: 1 } });
    expect(admission.admit({ jobs: { b: 1, c: 1 } }, 1_000)).toEqual({ jobs: { b: 1, c: 1 } });
  });

  it("leaves out what cannot be added up, and counts it", () => {
    const admission = new CardinalityLimiter(traffic, 1_000);
    expect(admission.admit({ load: { a: 0.5, b: 0.4, c: 0.3, d: 0.2 } }, 0)).toEqual({ load: { a: 0.5, b: 0.4 } });
    expect(admission.refused).toBe(2);
  });

  it("folds an outer axis with its inner one kept apart", () => {
    const admission = new CardinalityLimiter(traffic, 1_000);
    const io = { sda: { in: 5, out: 5 }, sdb: { in: 1, out: 2 }, sdc: { in: 3 } };
    expect(admission.admit({ io }, 0)).toEqual({ io: { sda: { in: 5, out: 5 }, _OTHER: { in: 4, out: 2 } } });
    expect(admission.refused).toBe(3);
  });
});
