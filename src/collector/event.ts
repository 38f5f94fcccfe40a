import type { HealthEvent } from "../health/record.ts";
import type { Sample } from "../sample/sample.ts";

/** One event of a collector: a sample, a health transition, or a change of an alert. The journal orders them. */
export type VitalsEvent = { readonly kind: "sample"; readonly sample: Sample } | HealthEvent;
