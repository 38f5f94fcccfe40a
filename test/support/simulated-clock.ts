export { ManualClock as SimulatedClock, settle } from "../../src/base/manual-clock.ts";
