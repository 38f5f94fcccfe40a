import * as z from "zod";
import { harmless } from "../base/harmless.ts";
import type { AnySourceKind } from "../source/source.ts";
import type { BuiltInKind } from "./kinds.ts";
import { breakerOptions, collectionOptions } from "../collection/options.ts";
import { durationSchema, windowSchema } from "../base/duration.ts";
import { optionalUrl } from "../base/url.ts";
import { sizeSchema } from "../base/size.ts";
import { EXPECTED_NAME, NAME, quoted } from "../base/suggest.ts";
import { alertOptions } from "../health/sink/sink.ts";
import { healthOptions } from "../health/rules/options.ts";
import { declaredTypeOptions } from "../sample/declared.ts";

/** The name of a source, a collection or a sample type: part of attributes, API paths and comma-separated event filters. */
export const nameSchema = z.string().regex(NAME, EXPECTED_NAME).register(harmless, {});

/** One entry of `sources`: its kind, its breaker, and the options of that kind, which the kind's own schema validates. */
export const sourceOptions = z.looseObject({
  /** Name of the source kind. */
  kind: z.string(),
  breaker: breakerOptions.prefault({}),
  /** URL of a user interface of the source, such as Neo4j Browser, to which the page links. It is shown to everyone who may see the page. Default: none. */
  ui: optionalUrl("; the page shows it").default(""),
});

const windowsSchema = z
  .array(windowSchema)
  .min(1)
  .max(16)
  .check(({ value, issues }) => {
    const firstOf = new Map<number, string>();
    for (const [n, window] of value.entries()) {
      const { data: ms } = durationSchema.safeParse(window);
      if (ms === undefined) continue;
      const first = firstOf.get(ms);
      const message = `the window ${quoted(window)} is as long as ${first === window ? "an earlier one" : `the earlier ${quoted(first ?? "")}`}; remove one`;
      if (first === undefined) firstOf.set(ms, window);
      else issues.push({ code: "custom", message, path: [n], input: value });
    }
  });

/** `state`: where a collector keeps what survives a restart. */
const stateOptions = z.strictObject({
  /** Folder of one collector, created with access for its owner only; relative to the file. It contains samples and alerts, and no secrets of the configuration. */
  dir: z.string().min(1),
  /** Samples of at most this time are lost in a crash. Default: 1 s. */
  sync: durationSchema.default(1_000),
  /** Maximum size of the folder; the oldest events are removed. Default: 256 MiB. */
  max_size: sizeSchema(1024 * 1024, "1MiB").default(256 * 1024 * 1024),
});

/** Schema of a configuration file's `collector:` part without `server`: the input of `createCollector`. */
export const collectorOptions = z.strictObject({
  /** Windows that are aggregated, 1 to 16, of different lengths. Default: 1m, 5m, 15m and 1h. */
  windows: windowsSchema.default(["1m", "5m", "15m", "1h"]),
  /** Sources by name. */
  sources: z.record(nameSchema, sourceOptions).default({}),
  /** Collections by name: each reads one sample type of one source on a schedule. */
  collections: z.record(nameSchema, collectionOptions).default({}),
  /** User-defined sample types by name. */
  sample_types: z.record(nameSchema, declaredTypeOptions).default({}),
  health: healthOptions.prefault({}),
  /** What survives a restart. Default, and null: nothing. */
  state: stateOptions.nullish().transform((state) => state ?? undefined),
  alerts: alertOptions.prefault({}),
});

/** Options of a source kind as written; any options for a kind whose schema does not declare them. */
export type OptionsOf<Kind extends AnySourceKind> =
  unknown extends z.input<Kind["options"]>
    ? Readonly<Record<string, unknown>>
    : // The type of an object without properties forbids every property, `kind` included.
      z.input<Kind["options"]> extends Record<string, never>
      ? unknown
      : z.input<Kind["options"]>;

/** One source of a configuration in code: its kind, its breaker, the URL of its user interface, and the options of that kind, which docs/configuration.md lists. */
export type SourceConfig<Kind extends AnySourceKind = BuiltInKind> = Kind extends AnySourceKind
  ? {
      readonly kind: Kind["kind"];
      readonly breaker?: z.input<typeof breakerOptions> | undefined;
      readonly ui?: string | undefined;
    } & OptionsOf<Kind>
  : never;

/**
 * A collector's configuration as written: durations as text, defaults left out. The kinds of its sources are the built-in ones and
 * `Custom`; in `CollectorConfig<AnySourceKind>`, as parsed from a file, the kinds are only known at run time.
 */
export type CollectorConfig<Custom extends AnySourceKind = never> = Omit<z.input<typeof collectorOptions>, "sources"> & {
  /** Sources by name. */
  readonly sources?: Readonly<Record<string, SourceConfig<BuiltInKind | Custom>>> | undefined;
};

/** One entry of `collections`, as written. */
export type CollectionConfig = z.input<typeof collectionOptions>;

/** As parsed: durations in milliseconds, defaults filled in. */
export type CollectorOptions = z.output<typeof collectorOptions>;
