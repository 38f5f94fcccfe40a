import type { HealthEvent } from "../health/record.ts";
import type { Sample } from "../sample/sample.ts";

/** One event of a collector, by its `kind`: `sample`, the `sample` of a due tick; `transition` or `alert`, as in `HealthEvent`. The journal orders them. */
export type VitalsEvent = { readonly kind: "sample"; readonly sample: Sample } | HealthEvent;
