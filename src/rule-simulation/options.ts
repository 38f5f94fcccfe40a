import * as z from "zod";
import { collectionOptions } from "../collection/options.ts";
import { durationSchema } from "../base/duration.ts";
import { healthOptions } from "../health/rules/options.ts";
import { declaredTypeOptions } from "../sample/declared.ts";
import { momentSchema } from "./timestamp.ts";

/** Text that has to be contained, or `/an expression/`. */
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
      context.addIssue({ code: "custom", message: "expected a text, or a regular expression between slashes that JavaScript understands" });
      return z.NEVER;
    }
  });

const severity = z.enum(["info", "warning", "error", "critical"]);

/** What is known of an alert; what is left out may be anything. */
const alertOptions = z.strictObject({
  alert: z.string(),
  component: z.string().optional(),
  severity: severity.optional(),
  reason: pattern.optional(),
  /** Whether another alert explains it, so that nobody is told. */
  inhibited: z.boolean().optional(),
});
export type ExpectedAlert = z.output<typeof alertOptions>;

/** How it stands at a moment. */
const lookOptions = z
  .strictObject({
    at: momentSchema,
    /** Needed with `status` and `reason`; without it `alerts` are those of all components. */
    component: z.string().optional(),
    status: z.enum(["unknown", "healthy", "degraded", "unhealthy", "critical"]).optional(),
    reason: pattern.optional(),
    /** Exactly those that fire. */
    alerts: z.array(alertOptions).optional(),
  })
  .check(({ value, issues }) => {
    const { component, status, reason, alerts } = value;
    const add = (key: string, message: string): void => void issues.push({ code: "custom", message, path: [key], input: value });
    if (status === undefined && reason === undefined && alerts === undefined)
      add("at", "expected alerts, or a component with its status or reason, beside at");
    if ((status !== undefined || reason !== undefined) && component === undefined)
      add("at", "expected the component whose status or reason this is");
  });
export type ExpectedLook = z.output<typeof lookOptions>;

/** One alert that is told: it fires or it resolves. */
const eventOptions = z
  .strictObject({
    at: momentSchema,
    fired: z.string().optional(),
    resolved: z.string().optional(),
    component: z.string().optional(),
    severity: severity.optional(),
    reason: pattern.optional(),
  })
  .check(({ value, issues }) => {
    if ((value.fired === undefined) === (value.resolved === undefined))
      issues.push({ code: "custom", message: "expected the name of an alert, as fired or as resolved", path: ["at"], input: value });
  });
export type ExpectedEvent = z.output<typeof eventOptions>;

const testOptions = z
  .strictObject({
    name: z.string().min(1).max(200),
    /** By collection: series by field, split as the field is; judged against the sample type. */
    series: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .refine((series) => Object.keys(series).length > 0, "expected the series of a collection at least"),
    expect: z.array(lookOptions).min(1, "expected a moment at least").optional(),
    /** Everything that is told in the whole run. */
    timeline: z.array(eventOptions).min(1, "expected an alert at least; a run without any is quiet: true").optional(),
    /** Nothing is told in the whole run. */
    quiet: z.literal(true).optional(),
  })
  .check(({ value, issues }) => {
    const { expect, timeline, quiet } = value;
    const add = (key: string, message: string): void => void issues.push({ code: "custom", message, path: [key], input: value });
    if (expect === undefined && timeline === undefined && quiet === undefined)
      add("name", "expected something to be expected: expect, timeline or quiet");
    if (timeline !== undefined && quiet !== undefined) add("quiet", "expected nothing, because there is a timeline");
  });
export type TestOptions = z.output<typeof testOptions>;

/** A collection of a test without a configuration. */
const ownCollection = collectionOptions.extend({ source: z.string().optional(), type: z.string(), interval: durationSchema });

/** A file of rule tests. */
export const testFileOptions = z
  .strictObject({
    /** The configuration whose rules are tested; a path from this file's folder. In place of it: the three below, as under `collector`. */
    config: z.string().min(1).optional(),
    collections: z.record(z.string(), ownCollection).optional(),
    sample_types: z.record(z.string(), declaredTypeOptions).optional(),
    health: healthOptions.optional(),
    tests: z.array(testOptions).min(1, "expected a test at least"),
  })
  .check(({ value, issues }) => {
    if ((value.config === undefined) === (value.collections === undefined))
      issues.push({ code: "custom", message: "expected a configuration to test, as config or as collections", path: [], input: value });
    for (const key of ["sample_types", "health"] as const) {
      if (value.config === undefined || value[key] === undefined) continue;
      issues.push({ code: "custom", message: `expected none, because config has its own`, path: [key], input: value });
    }
  });
export type TestFile = z.output<typeof testFileOptions>;
