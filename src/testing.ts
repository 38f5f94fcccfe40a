export { ManualClock, type ManualClockOptions } from "./base/manual-clock.ts";
export type { LogFields, Logger } from "./base/logger.ts";
export { RecordingSink } from "./health/sink/recording-sink.ts";
export { checkSource, type CheckSourceSettings } from "./source/check-source.ts";
export { readOnce, type ReadOnceSettings } from "./source/read-once.ts";
