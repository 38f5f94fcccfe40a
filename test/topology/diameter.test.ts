import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { componentsOf } from "../../src/topology/components.ts";
import { csrOf } from "../../src/topology/csr.ts";
import { diameterOf } from "../../src/topology/diameter.ts";
import { cycle, graph } from "./graphs.ts";
import { reference } from "./reference.ts";

const unhurried = { isUsedUp: () => false };

describe("diameterOf", () => {
  it("diameterOf never exceeds the true diameter, and equals it if it is marked as exact", () => {
    const sparse = fc
      .array(fc.tuple(fc.nat(119), fc.nat(119)), { minLength: 60, maxLength: 200 })
      .map((edges: readonly (readonly [number, number])[]) => graph(120, edges));
    let bounded = 0;
    fc.assert(
      fc.property(sparse, fc.constantFrom(0, 1, 33, 120), (input, mostStarts) => {
        const csr = csrOf(input);
        const measured = diameterOf(csr, componentsOf(csr).largest, mostStarts, unhurried);
        const { diameter = 0 } = reference(input);
        expect(measured?.value).toBeLessThanOrEqual(diameter);
        if (measured?.exact || mostStarts === 120) expect(measured).toEqual({ value: diameter, exact: true });
        else bounded += 1;
      }),
      { numRuns: 150, seed: 3 },
    );
    expect(bounded).toBeGreaterThan(0);
  });

  it("diameterOf returns undefined if the time runs out", () => {
    const csr = csrOf(cycle(1_000));
    expect(diameterOf(csr, componentsOf(csr).largest, 1_000, { isUsedUp: () => true })).toBeUndefined();
  });
});
