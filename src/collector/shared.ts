import { createCollector } from "./create-collector.ts";
import type { CollectorConfig } from "./options.ts";
import type { Collector, CollectorSettings } from "./collector.ts";
import { VitalsError } from "../base/errors.ts";
import type { AnySourceKind } from "../source/source.ts";

/** From the global symbol registry, so that two copies of this package in one process share one collector. */
const KEY = Symbol.for("otel-vitals.shared-collector.v1");

type Holder = { [KEY]?: Collector };
const holder = globalThis as Holder;

/**
 * Creates the shared collector of this process without starting it. After its shutdown, another one can be created.
 *
 * @param config as for `createCollector`
 * @param settings as for `createCollector`; default: none
 * @returns the collector, which `getCollector` returns from now on
 * @throws VitalsError `lifecycle` if there already is one, `config_invalid` as `createCollector`
 */
export function initializeCollector<Custom extends AnySourceKind = never>(
  config: CollectorConfig<Custom>,
  settings?: CollectorSettings<Custom>,
): Collector {
  const present = current();
  if (present)
    throw new VitalsError(
      "lifecycle",
      `a shared collector already exists and is ${present.lifecycle}; shut it down before creating another`,
    );
  const collector = createCollector(config, settings);
  holder[KEY] = collector;
  return collector;
}

/** The shared collector of this process. @throws VitalsError `lifecycle` if there is none */
export function getCollector(): Collector {
  const collector = current();
  if (!collector) throw new VitalsError("lifecycle", "there is no shared collector; call initializeCollector first");
  return collector;
}

/** The shared collector, unless it has stopped. */
function current(): Collector | undefined {
  const collector = holder[KEY];
  return collector?.lifecycle === "stopped" ? undefined : collector;
}
