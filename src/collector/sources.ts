import type { Meter } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { BREAKER_STATES, SourcePolicy } from "../collection/policy.ts";
import { Source } from "../source/source.ts";
import type { BreakerStates } from "../telemetry/collection-metrics.ts";
import type { Plan, SourcePlan } from "./resolve.ts";

/** A configured source with the breaker that all its collections share. */
export interface SourceWithBreaker {
  readonly source: Source;
  readonly policy: SourcePolicy;
}

/** What a source gets besides its plan. */
export interface SourceSurroundings {
  readonly clock: Clock;
  /** Folder from which relative paths in options are resolved. */
  readonly baseDir: string;
  readonly logger: Logger;
  readonly meter: Meter;
}

/** Creates the sources of a plan. Each is opened at its first reading. */
export function makeSources(
  { sources, types }: Plan,
  { clock, baseDir, logger, meter }: SourceSurroundings,
): ReadonlyMap<string, SourceWithBreaker> {
  const make = (plan: SourcePlan): SourceWithBreaker => ({
    source: new Source(plan, { clock, baseDir, types, logger, meter }),
    policy: new SourcePolicy(plan.name, plan.breaker),
  });
  return new Map([...sources].map(([name, plan]) => [name, make(plan)]));
}

/** The state of each source's breaker, as the metrics report it. */
export const breakersOf = (sources: ReadonlyMap<string, SourceWithBreaker>): readonly BreakerStates[] =>
  [...sources].map(([source, { policy }]) => ({ source, state: policy.state, states: BREAKER_STATES }));
