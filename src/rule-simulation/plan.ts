import * as z from "zod";
import type { Clock } from "../base/clock.ts";
import type { CollectorOptions } from "../collector/options.ts";
import { makeSources, planCollections, sampleTypes, type CollectionPlan, type SourceWithBreaker } from "../collector/resolve.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { builtInKinds } from "../collector/kinds.ts";
import { defineSource, reading, type AnySourceKind } from "../source/source.ts";

/** Wall time of a simulated run's beginning. Any would do: nothing shows it. */
const BEGIN_MS = Date.UTC(2000, 0, 1);

/** Time that moves only when it is told to. Nothing sleeps on it but until it is aborted. */
export class SteppedClock implements Clock {
  #nowMs = 0;

  /** Never back. */
  moveTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return BEGIN_MS + this.#nowMs;
  }

  sleepUntil(_monotonicMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/** What rules are rehearsed on: a configuration with its plans. No source of it is ever opened. */
export interface Stage {
  readonly options: CollectorOptions;
  readonly plans: ReadonlyMap<string, CollectionPlan>;
  readonly sources: ReadonlyMap<string, SourceWithBreaker>;
}

/** @throws VitalsError `config_invalid` as `createCollector` */
export function stageOf(options: CollectorOptions, kinds: readonly AnySourceKind[], baseDir: string): Stage {
  const byName = new Map([...builtInKinds, ...kinds].map((kind) => [kind.kind, kind]));
  const sources = makeSources(options, byName, { clock: new SteppedClock(), baseDir, types: sampleTypes(options) });
  return { options, sources, plans: new Map(planCollections(options, sources).map((plan) => [plan.name, plan])) };
}

/** How a configuration without sources names the kind below. */
export const SERIES_KIND = "series";

/** The kind of source of collections that exist in a test alone: it could be read as any sample type, and never is. */
export function seriesKind(types: ReadonlyMap<string, SampleType>): AnySourceKind {
  const readings = [...types.values()].map((type) => reading(type, () => ({})));
  return defineSource({ kind: SERIES_KIND, options: z.strictObject({}), open: () => undefined, readings });
}
