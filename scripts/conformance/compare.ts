import type { Exposition, Family } from "./exposition.ts";

export interface Difference {
  readonly what: string;
  /** Why the difference is expected; undefined for an unexplained one. */
  readonly reason: string | undefined;
}

/** An expected difference. */
export interface Explained {
  readonly pattern: RegExp;
  readonly reason: string;
}

/** Every difference between two expositions of the same points, in names, types, help, labels and values. */
export function differences(ours: Exposition, theirs: Exposition, explained: readonly Explained[]): readonly Difference[] {
  return [...found(ours, theirs)].map((what) => ({ what, reason: explained.find(({ pattern }) => pattern.test(what))?.reason }));
}

function* found(ours: Exposition, theirs: Exposition): Generator<string> {
  for (const label of theirs.labels) if (!ours.labels.has(label)) yield `label ${label}: only theirs`;
  for (const label of ours.labels) if (!theirs.labels.has(label)) yield `label ${label}: only ours`;
  for (const name of new Set([...ours.families.keys(), ...theirs.families.keys()])) {
    const [our, their] = [ours.families.get(name), theirs.families.get(name)];
    if (our && their) yield* inFamily(name, our, their);
    else yield `family ${name}: only ${our ? "ours" : "theirs"}`;
  }
}

function* inFamily(name: string, ours: Family, theirs: Family): Generator<string> {
  if (ours.type !== theirs.type) yield `type of ${name}: ours ${ours.type}, theirs ${theirs.type}`;
  if (ours.help !== theirs.help) yield `help of ${name}: ours "${ours.help}", theirs "${theirs.help}"`;
  for (const [key, value] of ours.samples) {
    const their = theirs.samples.get(key);
    if (their === undefined) yield `sample ${key}: only ours`;
    else if (their !== value) yield `value of ${key}: ours ${value}, theirs ${their}`;
  }
  for (const key of theirs.samples.keys()) if (!ours.samples.has(key)) yield `sample ${key}: only theirs`;
}
