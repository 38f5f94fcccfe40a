import type { SampleType } from "../../sample/sample-type.ts";
import type { Mappings } from "./field-mapping.ts";
import { EACH, type Step } from "./path.ts";

/** Which parts of a document are read: the entries at these keys, and those of `each` at all others. */
export interface Wanted {
  readonly keys: ReadonlyMap<string, Wanted>;
  readonly each: Wanted | undefined;
}

interface Draft {
  readonly keys: Map<string, Draft>;
  each: Draft | undefined;
}

const draft = (): Draft => ({ keys: new Map(), each: undefined });

/** The parts of a response that the mappings of a sample type refer to. */
export function wantedBy(type: SampleType, mappings: Mappings): Wanted {
  const root = draft();
  for (const [key, mapping] of Object.entries(mappings)) {
    if (mapping.isDuration) continue;
    // Attributes without a wildcard of their own are maps at the end of the path.
    const maps = (type.fields[key]?.by.length ?? 0) - mapping.names.length;
    const steps: readonly Step[] = [...mapping.steps, ...Array.from({ length: maps }, (): Step => EACH)];
    add(root, steps);
    for (const [n, name] of mapping.names.entries()) {
      if (Array.isArray(name)) add(root, [...steps.slice(0, nthEach(steps, n) + 1), ...(name as readonly Step[])]);
    }
  }
  return complete(root);
}

function nthEach(steps: readonly Step[], n: number): number {
  const places = [...steps.keys()].filter((place) => steps[place] === EACH);
  return places[n] as number;
}

function add(root: Draft, steps: readonly Step[]): void {
  let at = root;
  for (const step of steps) {
    let next = step === EACH ? at.each : at.keys.get(step);
    if (!next) {
      next = draft();
      if (step === EACH) at.each = next;
      else at.keys.set(step, next);
    }
    at = next;
  }
}

/** With what is wanted of each entry also at the keys that are named. */
function complete({ keys, each }: Draft): Wanted {
  const named = [...keys].map(([key, inner]) => [key, complete(each ? merge(inner, each) : inner)] as const);
  return { keys: new Map(named), each: each && complete(each) };
}

function merge(a: Draft, b: Draft): Draft {
  const keys = new Map(a.keys);
  for (const [key, inner] of b.keys) keys.set(key, merge(keys.get(key) ?? draft(), inner));
  return { keys, each: a.each && b.each ? merge(a.each, b.each) : (a.each ?? b.each) };
}
