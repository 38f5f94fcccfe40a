import type { Status } from "../client/api.ts";

/** The shape of each status, as a path in a square of 16 by 16. */
export const SHAPE: Readonly<Record<Status, string>> = {
  healthy: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2Z",
  degraded: "M8 1.5 15 14H1Z",
  unhealthy: "M8 .8 15.2 8 8 15.2.8 8Z",
  critical: "M4.4 1.6 8 5.2l3.6-3.6 2.8 2.8L10.8 8l3.6 3.6-2.8 2.8L8 10.8l-3.6 3.6-2.8-2.8L5.2 8 1.6 4.4Z",
  unknown: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2Zm0 2a4 4 0 1 1 0 8 4 4 0 1 1 0-8Z",
};
