import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CardinalityLimiter } from "../../src/collection/cardinality.ts";
import { counter, gauge, oneOf, upDownCounter, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";

const traffic = defineSampleType("traffic", {
  jobs: upDownCounter("jobs", "{job}", { by: [upTo(2, "queue")] }),
  load: gauge("load", "Cel", { by: [upTo(2, "queue")] }),
  io: counter("io", "By", { by: [upTo(1, "device"), oneOf("direction", "in", "out")] }),
  sent: counter("sent", "By", { by: [upTo(2, "link")] }),
  routes: counter("routes", "{request}", { by: [upTo(2, "route"), upTo(2, "code")] }),
  depth: gauge("depth", "{job}"),
});

const limit = (): CardinalityLimiter => new CardinalityLimiter(traffic);

describe("CardinalityLimiter", () => {
  it("CardinalityLimiter admits the largest values of an axis and adds up the rest of an up-down counter", () => {
    const limiter = limit();
    expect(limiter.admit({ jobs: { a: 1, b: 5, c: 3 }, depth: 9 })).toEqual({ jobs: { b: 5, c: 3, _OTHER: 1 }, depth: 9 });
    expect(limiter.overLimit).toBe(1);
  });

  it("CardinalityLimiter keeps a value that becomes smaller admitted, and admits no value that becomes larger later", () => {
    const limiter = limit();
    limiter.admit({ jobs: { a: 10, b: 9 } });
    expect(limiter.admit({ jobs: { a: 0, b: 0, c: 100, d: 50 } })).toEqual({ jobs: { a: 0, b: 0, _OTHER: 150 } });
  });

  it("CardinalityLimiter gives the place of an absent value to a present one at once, and keeps it while no value wants it", () => {
    const limiter = limit();
    limiter.admit({ jobs: { a: 1, b: 1 } });
    expect(limiter.admit({ jobs: { b: 1 } })).toEqual({ jobs: { b: 1 } });
    expect(limiter.admit({ jobs: { a: 1, b: 1, c: 9 } })).toEqual({ jobs: { a: 1, b: 1, _OTHER: 9 } });
    expect(limiter.admit({ jobs: { b: 1, c: 9 } })).toEqual({ jobs: { b: 1, c: 9 } });
  });

  it("CardinalityLimiter takes the place of the value that has been absent for longest", () => {
    const limiter = limit();
    limiter.admit({ jobs: { a: 1, b: 1 } });
    limiter.admit({ jobs: { b: 1 } });
    expect(limiter.admit({ jobs: { c: 1 } })).toEqual({ jobs: { c: 1 } });
    expect(limiter.admit({ jobs: { b: 1, c: 1 } })).toEqual({ jobs: { b: 1, c: 1 } });
  });

  it("CardinalityLimiter admits the value that has waited for longest before larger ones that are new", () => {
    const limiter = limit();
    limiter.admit({ jobs: { a: 9, b: 8, c: 1 } });
    expect(limiter.admit({ jobs: { a: 9, c: 1, d: 7 } })).toEqual({ jobs: { a: 9, c: 1, _OTHER: 7 } });
  });

  it("CardinalityLimiter drops and counts the values of a gauge over the limit, whatever its unit", () => {
    const limiter = limit();
    expect(limiter.admit({ load: { a: 0.5, b: 0.4, c: 0.3, d: 0.2 } })).toEqual({ load: { a: 0.5, b: 0.4 } });
    expect(limiter.overLimit).toBe(2);
  });

  it("CardinalityLimiter keeps _OTHER of a counter when a folded value disappears, and adds nothing when it returns unchanged", () => {
    const limiter = limit();
    const many = { a: 9e9, b: 8e9, c: 1e9, d: 5 };
    expect(limiter.admit({ sent: many })).toEqual({ sent: { a: 9e9, b: 8e9, _OTHER: 0 } });
    expect(limiter.admit({ sent: { ...many, d: 12 } })).toEqual({ sent: { a: 9e9, b: 8e9, _OTHER: 7 } });
    expect(limiter.admit({ sent: { a: 9e9, b: 8e9, d: 15 } })).toEqual({ sent: { a: 9e9, b: 8e9, _OTHER: 10 } });
    expect(limiter.admit({ sent: { ...many, d: 15 } })).toEqual({ sent: { a: 9e9, b: 8e9, _OTHER: 10 } });
  });

  it("CardinalityLimiter adds what a folded counter has counted since it restarted, and nothing for one that is new", () => {
    const limiter = limit();
    limiter.admit({ sent: { a: 900, b: 800, c: 100 } });
    expect(limiter.admit({ sent: { a: 900, b: 800, c: 4 } })).toEqual({ sent: { a: 900, b: 800, _OTHER: 4 } });
    expect(limiter.admit({ sent: { a: 900, b: 800, c: 4, d: 700 } })).toEqual({ sent: { a: 900, b: 800, _OTHER: 4 } });
  });

  it("CardinalityLimiter counts the last growth of a value in _OTHER when it gets a series of its own, which starts at its own value", () => {
    const limiter = limit();
    limiter.admit({ sent: { a: 900, b: 800, c: 100 } });
    expect(limiter.admit({ sent: { a: 900, c: 130 } })).toEqual({ sent: { a: 900, c: 130, _OTHER: 30 } });
    expect(limiter.admit({ sent: { a: 900, c: 150 } })).toEqual({ sent: { a: 900, c: 150 } });
  });

  it("CardinalityLimiter continues the series of a value that was folded for a while where it ended, because _OTHER has the rest", () => {
    const limiter = limit();
    limiter.admit({ sent: { a: 900, b: 800 } });
    limiter.admit({ sent: { a: 900, c: 1 } });
    expect(limiter.admit({ sent: { a: 900, b: 850, c: 1 } })).toEqual({ sent: { a: 900, c: 1, _OTHER: 50 } });
    expect(limiter.admit({ sent: { a: 900, b: 860 } })).toEqual({ sent: { a: 900, b: 800, _OTHER: 60 } });
    expect(limiter.admit({ sent: { a: 900, b: 875 } })).toEqual({ sent: { a: 900, b: 815 } });
    expect(limiter.admit({ sent: { a: 900, b: 3 } })).toEqual({ sent: { a: 900, b: 3 } });
  });

  it("CardinalityLimiter folds an outer axis separately for each value of the inner one", () => {
    const limiter = limit();
    const io = { sda: { in: 5, out: 5 }, sdb: { in: 1, out: 2 }, sdc: { in: 3 } };
    expect(limiter.admit({ io })).toEqual({ io: { sda: { in: 5, out: 5 }, _OTHER: { in: 0, out: 0 } } });
    expect(limiter.overLimit).toBe(3);
    const grown = { sda: { in: 5, out: 5 }, sdb: { in: 2, out: 6 }, sdc: { in: 5 } };
    expect(limiter.admit({ io: grown })).toEqual({ io: { sda: { in: 5, out: 5 }, _OTHER: { in: 3, out: 4 } } });
  });

  it("CardinalityLimiter remembers at most 2000 absent values of a counter: one that is forgotten and returns is new", () => {
    const limiter = limit();
    const top = { a: 2e9, b: 2e9 };
    limiter.admit({ sent: { ...top, c: 100, d: 100 } });
    for (let n = 0; n < 2_100; n += 1) limiter.admit({ sent: { ...top, d: 100, [`x${n}`]: 1 } });
    expect(limiter.admit({ sent: { ...top, c: 107, d: 100, x2099: 4 } })).toEqual({ sent: { ...top, _OTHER: 3 } });
  });

  it("CardinalityLimiter keeps values apart whose names contain any separator", () => {
    const limiter = limit();
    const routes = { "a\0b": { c: 1 }, a: { "b\0c": 2 } };
    expect(limiter.admit({ routes })).toEqual({ routes });
    expect(limiter.admit({ routes: { "a\0b": { c: 3 }, a: { "b\0c": 5 } } })).toEqual({ routes: { "a\0b": { c: 3 }, a: { "b\0c": 5 } } });
  });

  it("CardinalityLimiter: what readers count over all series is what the values grew, whatever comes, goes, restarts and changes places", () => {
    let moved = 0;
    fc.assert(
      fc.property(fc.array(readings, { minLength: 2, maxLength: 40 }), (steps) => {
        const limiter = limit();
        const members = new Map<string, number>();
        const series = new Map<string, number>();
        let [grown, counted, other] = [0, 0, 0];
        for (const step of steps) {
          const values = nextValues(members, step);
          for (const [key, value] of leaves(values)) {
            grown += growth(members.get(key), value);
            members.set(key, value);
          }
          const shown = leaves(limiter.admit({ routes: values }).routes);
          for (const [key, value] of shown) {
            counted += growth(series.get(key), value);
            if (key.includes("_OTHER")) expect(value).toBeGreaterThanOrEqual(series.get(key) ?? 0);
            if (key.includes("_OTHER") && !series.has(key)) counted += value;
            series.set(key, value);
          }
          other += shown.filter(([key]) => key.includes("_OTHER")).length;
        }
        if (other > 0) moved += 1;
        expect(counted).toBe(grown);
      }),
      { numRuns: 300 },
    );
    expect(moved).toBeGreaterThan(150);
  });
});

const ROUTES = ["p", "q", "r", "s"];
const CODES = ["1", "2", "3", "4"];

/** For each route and code: absent, grown by an amount, or restarted at an amount. */
const readings = fc.array(
  fc.record({
    route: fc.constantFrom(...ROUTES),
    code: fc.constantFrom(...CODES),
    restarts: fc.boolean(),
    amount: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 10 },
);

type Step = typeof readings extends fc.Arbitrary<infer S> ? S : never;

/** Values by route and code, from the last known ones. */
function nextValues(members: ReadonlyMap<string, number>, step: Step): Record<string, Record<string, number>> {
  const values: Record<string, Record<string, number>> = {};
  for (const { route, code, restarts, amount } of step) {
    const last = members.get(`${route} ${code}`) ?? 0;
    (values[route] ??= {})[code] = restarts ? amount : last + amount;
  }
  return values;
}

const leaves = (values: unknown): (readonly [string, number])[] =>
  Object.entries((values ?? {}) as Record<string, Record<string, number>>).flatMap(([route, codes]) =>
    Object.entries(codes).map(([code, value]) => [`${route} ${code}`, value] as const),
  );

/** What Prometheus counts between two values of a series. */
function growth(before: number | undefined, now: number): number {
  if (before === undefined) return 0;
  return now >= before ? now - before : now;
}
