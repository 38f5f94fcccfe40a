import { setFlagsFromString } from "node:v8";

/** By this much the heap grows before V8 collects what is old. */
const GROWING_PERCENT = 20;

/** Resident memory stays level: by default V8 lets the heap grow by more than half, and then gives pages back. Call it first. */
export const keepHeapLevel = (): void => setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
