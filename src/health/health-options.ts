import * as z from "zod";
import { durationSchema } from "../duration.ts";

/** `collector.health`. */
export const healthOptions = z.strictObject({
  /** Time between full assessments; single components are also judged at each of their samples. */
  interval: durationSchema.default(30_000),
  /** Transitions kept. */
  history: z.int().min(1).max(10_000).default(100),
});
