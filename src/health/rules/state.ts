import type { HealthOptions } from "./options.ts";
import type { Rule } from "../rule.ts";

/** The state of a collector: whether what survives a restart can be saved. @param problemOf why it cannot; undefined while it can */
export function stateRules(
  { for: forMs, keep_firing_for: keepFiringForMs }: HealthOptions,
  problemOf: () => string | undefined,
): readonly Rule[] {
  return [
    {
      alert: "VitalsStateNotSaved",
      subject: "whether the state is not saved",
      measure: "notSaved",
      unit: "1",
      good: "low",
      levels: [{ status: "degraded", above: 0.5, clear: 0.5, forMs, keepFiringForMs }],
      clearsWhen: "the state can be saved again",
      observe: () => {
        const problem = problemOf();
        if (problem === undefined) return { value: 0, text: "the state is saved" };
        return { value: 1, text: `what happens is kept in memory only, and a restart would lose it: ${problem}` };
      },
    },
  ];
}
