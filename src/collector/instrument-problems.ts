import type { Issue, Path } from "../base/issues.ts";
import { quoted } from "../base/suggest.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { collidingNames, isOwnName, metricKindOf, namesOf, type NamedInstrument } from "../telemetry/names.ts";
import type { CollectorOptions } from "./options.ts";

/** A collection, as far as its instruments depend on it. */
interface NamedReading {
  readonly name: string;
  readonly reading: { readonly type: SampleType };
}

/** An instrument of a collection's sample type, and the path of what declares it. */
interface PlannedInstrument extends NamedInstrument {
  readonly path: Path;
}

/** Different instruments of one name would lose data, as would one that is named like the collector's own. */
export function instrumentProblems(collections: Iterable<NamedReading>, declared: CollectorOptions["sample_types"]): readonly Issue[] {
  const firstOf = new Map<SampleType, string>();
  for (const { name, reading } of collections) if (!firstOf.has(reading.type)) firstOf.set(reading.type, name);
  const instruments = [...firstOf].flatMap(([{ name, fields }, collection]) =>
    Object.entries(fields).flatMap(([key, { kind, instrument, unit }]): readonly PlannedInstrument[] => {
      const path = Object.hasOwn(declared, name) ? ["sample_types", name, key, "instrument"] : ["collections", collection];
      return kind === "total" ? [] : [{ name: instrument, unit, kind: metricKindOf(kind), path }];
    }),
  );
  const own = instruments.filter(isOwnName).map(({ name, path }): Issue => {
    const message = `the instrument name ${quoted(name)} is reserved: vitals.*, otel.sdk.* and target_info are the collector's own metrics; rename the instrument`;
    return { path, message };
  });
  return [...own, ...collidingNames(instruments).map(collision)];
}

function collision(group: readonly PlannedInstrument[]): Issue {
  const names = group.map(({ name, unit, kind }) => `${name} (${kind} in ${unit})`).join(" and ");
  const [first, ...others] = group.map(namesOf);
  const isOnMetrics = others.some((each) => each.some((name) => first?.includes(name)));
  const reason = isOnMetrics
    ? "have the same name on /metrics"
    : "are the same instrument to OpenTelemetry, which ignores unit, kind and case";
  const { path = [] } = group.findLast((each) => each.path[0] === "sample_types") ?? group[0] ?? {};
  return { path, message: `${names} ${reason}; rename one of the instruments` };
}
