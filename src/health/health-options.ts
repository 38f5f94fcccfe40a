import * as z from "zod";
import { durationSchema, holdSchema } from "../duration.ts";
import { ruleOptions } from "./rule-options.ts";

const share = z.number().min(0).max(1);

/** `collector.health`. */
export const healthOptions = z.strictObject({
  /** Time between full assessments; single components are also judged at each of their samples. */
  interval: durationSchema.default(30_000),
  /** Transitions kept of each component. */
  history: z.int().min(1).max(10_000).default(100),
  /** A rule that fires again within this time of resolving goes back and forth: it is held for as long. */
  flapping: holdSchema.default(300_000),
  /** How long the built-in rules have to see something bad before it counts. */
  for: holdSchema.default(0),
  /** How long the built-in rules have to see it good again. */
  keep: holdSchema.default(30_000),
  /** Share of a collection's ticks, or of what a buffer retains, that has to succeed; and what it takes to be well again. */
  success: z
    .strictObject({
      degraded_below: share.default(0.8),
      degraded_clear: share.default(0.9),
      critical_below: share.default(0.5),
      critical_clear: share.default(0.6),
    })
    .prefault({}),
  /** Intervals without a sample after which nothing can be said of a collection, and after which it is broken. */
  silent: z.strictObject({ unknown_after: z.number().min(1).default(3), unhealthy_after: z.number().min(1).default(10) }).prefault({}),
  /** Of this process: 99th percentile of the event loop's delay, share of the heap's limit in use, share of ticks missed. */
  process: z
    .strictObject({
      event_loop_delay: durationSchema.default(250),
      heap: share.default(0.9),
      missed_ticks: share.default(0.1),
    })
    .prefault({}),
  /** Components that only inform, by name: they neither count towards the overall status nor alert. Buffers do so anyway. */
  informational: z.array(z.string()).max(1_000).default([]),
  /** Rules of your own. */
  rules: z.array(ruleOptions).max(10_000).default([]),
});
export type HealthOptions = z.output<typeof healthOptions>;
