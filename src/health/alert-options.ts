import * as z from "zod";
import { durationSchema } from "../duration.ts";

/** Empty, as an unset variable leaves it, for none. */
const url = z.union([z.literal(""), z.url({ protocol: /^https?$/ })], { error: "expected an http or https URL, or nothing" }).default("");

const headers = z.record(z.string(), z.string()).default({});

/** `collector.alerts`: where alerts are told. */
export const alertOptions = z.strictObject({
  /** Alertmanager's address; `/api/v2/alerts` is added. */
  alertmanager: z.strictObject({ url, headers, resend: durationSchema.default(60_000) }).prefault({}),
  /** Gets the body of Alertmanager's webhooks, version 4. */
  webhook: z.strictObject({ url, headers }).prefault({}),
});
export type AlertOptions = z.output<typeof alertOptions>;
