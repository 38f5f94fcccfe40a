import type { SampleType } from "../../src/sample/sample-type.ts";

/** A cadence in which every field of a type is measured this often, in milliseconds. */
export const everyField = ({ fields }: SampleType, ms: number): ReadonlyMap<string, number> =>
  new Map(Object.keys(fields).map((key) => [key, ms]));
