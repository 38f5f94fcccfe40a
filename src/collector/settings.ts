import * as z from "zod";
import { VitalsError } from "../base/errors.ts";
import { parse, shownValue, summaryOf } from "../base/issues.ts";
import { optionalUrl } from "../base/url.ts";
import { isSourceKind } from "./kinds.ts";

/** Values that `holds` accepts. @param noun what they are, in messages */
const such = (noun: string, holds: (value: unknown) => boolean): z.ZodType =>
  z.unknown().superRefine((value, context) => {
    // The values may hold secrets, such as a sink's headers.
    if (!holds(value)) context.addIssue({ code: "custom", message: `expected ${noun}; found ${shownValue(value, true)}` });
  });

/** Any object with these methods, its own or inherited: no class is required, because another copy of a package may have made it. */
const withMethods = (noun: string, ...methods: readonly string[]): z.ZodType =>
  such(`${noun} with the method${methods.length === 1 ? "" : "s"} ${methods.join(", ")}`, (value) =>
    methods.every((name) => typeof partOf(value, name) === "function"),
  );

const partOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const sink = such(
  "a sink with a name, a target and the method send",
  (value) =>
    typeof partOf(value, "name") === "string" && typeof partOf(value, "target") === "string" && typeof partOf(value, "send") === "function",
);

const sampleType = such(
  "a sample type made with defineSampleType",
  (value) =>
    typeof partOf(value, "name") === "string" && typeof partOf(value, "fields") === "object" && Array.isArray(partOf(value, "checks")),
);

/** `CollectorSettings`, as far as a program that is not type-checked can get them wrong. */
const collectorSettings = z.strictObject({
  meterProvider: withMethods("a meter provider", "getMeter").optional(),
  loggerProvider: withMethods("a logger provider", "getLogger").optional(),
  telemetry: withMethods("the return value of createTelemetry", "exporters", "forceFlush", "shutdown").optional(),
  sinks: z.array(sink).optional(),
  mute: z.boolean().optional(),
  sourceKinds: z.array(such("a source kind made with defineSource", isSourceKind)).optional(),
  sampleTypes: z.array(sampleType).optional(),
  journal: withMethods("a journal engine", "open", "append", "read", "save", "load").optional(),
  identity: z.record(z.string(), z.string()).optional(),
  externalUrl: optionalUrl().optional(),
  baseDir: z.string().optional(),
  clock: withMethods("a clock", "wallMs", "monotonicMs", "sleepUntil").optional(),
  logger: withMethods("a logger", "debug", "info", "warn", "error").optional(),
});

/** @throws VitalsError `config_invalid` naming the first three problems of a collector's settings */
export function checkSettings(settings: unknown): void {
  const parsed = parse(collectorSettings, settings);
  if (!parsed.ok) throw new VitalsError("config_invalid", `invalid collector settings: ${summaryOf(parsed.issues, "the settings")}`);
}
