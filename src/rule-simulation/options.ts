import * as z from "zod";
import { collectionOptions } from "../collection/options.ts";
import { nameSchema } from "../collector/options.ts";
import { durationSchema } from "../base/duration.ts";
import { healthOptions } from "../health/rules/options.ts";
import { declaredTypeOptions } from "../sample/declared.ts";
import { timestampSchema } from "./timestamp.ts";

/** A text to contain, or a `/regular expression/` to match. */
const pattern = z
  .string()
  .min(1)
  .transform((text, context) => {
    const [, source, flags] = /^\/(.+)\/([i]?)$/s.exec(text) ?? [];
    if (source === undefined) return { text, fits: (found: string) => found.includes(text) };
    try {
      const expression = new RegExp(source, flags);
      return { text, fits: (found: string) => expression.test(found) };
    } catch {
      context.addIssue({ code: "custom", message: "expected a text, or a valid JavaScript regular expression between slashes" });
      return z.NEVER;
    }
  });

const severity = z.enum(["info", "warning", "error", "critical"]);

/** An expected alert; a property left out may have any value. */
const alertOptions = z.strictObject({
  alert: z.string(),
  component: z.string().optional(),
  severity: severity.optional(),
  reason: pattern.optional(),
  /** Whether the alert is inhibited by another alert, so that no sink is notified. */
  inhibited: z.boolean().optional(),
});
export type ExpectedAlert = z.output<typeof alertOptions>;

/** The expected state at a timestamp. */
const stateOptions = z
  .strictObject({
    at: timestampSchema,
    /** Required with `status` and `reason`; without it, `alerts` are those of all components. */
    component: z.string().optional(),
    status: z.enum(["unknown", "healthy", "degraded", "unhealthy", "critical"]).optional(),
    reason: pattern.optional(),
    /** Exactly the firing alerts. */
    alerts: z.array(alertOptions).optional(),
  })
  .check(({ value, issues }) => {
    const { component, status, reason, alerts } = value;
    const add = (key: string, message: string): void => void issues.push({ code: "custom", message, path: [key], input: value });
    if (status === undefined && reason === undefined && alerts === undefined)
      add("at", "nothing is expected at this time; add alerts, or a component with its status or reason");
    if ((status !== undefined || reason !== undefined) && component === undefined)
      add("at", "component is required, because a status or a reason is expected");
  });
export type ExpectedState = z.output<typeof stateOptions>;

/** An expected notification: an alert that fires or resolves. */
const eventOptions = z
  .strictObject({
    at: timestampSchema,
    fired: z.string().optional(),
    resolved: z.string().optional(),
    component: z.string().optional(),
    severity: severity.optional(),
    reason: pattern.optional(),
  })
  .check(({ value, issues }) => {
    if ((value.fired === undefined) === (value.resolved === undefined))
      issues.push({ code: "custom", message: "the event names no alert; add either fired or resolved", path: ["at"], input: value });
  });
export type ExpectedEvent = z.output<typeof eventOptions>;

const testOptions = z
  .strictObject({
    name: z.string().min(1).max(200),
    /** By collection: series by field, nested like the field's attributes; validated against the sample type. */
    series: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .refine((series) => Object.keys(series).length > 0, "expected the series of at least one collection"),
    expect: z.array(stateOptions).min(1, "expected at least one entry").optional(),
    /** All notifications of the run. */
    timeline: z.array(eventOptions).min(1, "expected at least one alert; for a run without alerts write quiet: true").optional(),
    /** The run has no notifications. */
    quiet: z.literal(true).optional(),
  })
  .check(({ value, issues }) => {
    const { expect, timeline, quiet } = value;
    const add = (key: string, message: string): void => void issues.push({ code: "custom", message, path: [key], input: value });
    if (expect === undefined && timeline === undefined && quiet === undefined)
      add("name", "the test has no expectation; add expect, timeline or quiet");
    if (timeline !== undefined && quiet !== undefined) add("quiet", "quiet and timeline exclude each other; remove one");
  });
export type TestOptions = z.output<typeof testOptions>;

/** A collection of a test file without a configuration. */
const ownCollection = collectionOptions.extend({ source: nameSchema.optional(), type: z.string(), interval: durationSchema });

/** A file of rule tests. */
export const testFileOptions = z
  .strictObject({
    /** The configuration to test; a path relative to this file's folder. Alternatively the three sections below, as under `collector`. */
    config: z.string().min(1).optional(),
    collections: z.record(nameSchema, ownCollection).optional(),
    sample_types: z.record(nameSchema, declaredTypeOptions).optional(),
    health: healthOptions.optional(),
    tests: z.array(testOptions).min(1, "expected at least one test"),
  })
  .check(({ value, issues }) => {
    if ((value.config === undefined) === (value.collections === undefined))
      issues.push({ code: "custom", message: "expected either config or collections: the configuration to test", path: [], input: value });
    for (const key of ["sample_types", "health"] as const) {
      if (value.config === undefined || value[key] === undefined) continue;
      issues.push({ code: "custom", message: `not allowed with config, which has its own ${key}; remove it`, path: [key], input: value });
    }
  });
export type TestFile = z.output<typeof testFileOptions>;
