export type { GraphInput } from "./csr.ts";
export { measureGraph, type Exactness, type GraphMeasures, type MeasureOptions } from "./measure.ts";
