import * as z from "zod";
import type { CollectorOptions } from "../collector-options.ts";
import { makeSources, planCollections, sampleTypes, type CollectionPlan, type GuardedSource } from "../composition.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { builtInKinds } from "../source/registry.ts";
import { defineSource, reading, type AnySourceKind } from "../source/source.ts";
import { SteppedClock } from "./clock.ts";

/** What rules are rehearsed on: a configuration with its plans. No source of it is ever opened. */
export interface Stage {
  readonly options: CollectorOptions;
  readonly plans: ReadonlyMap<string, CollectionPlan>;
  readonly sources: ReadonlyMap<string, GuardedSource>;
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
