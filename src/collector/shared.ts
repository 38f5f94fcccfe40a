import { createCollector } from "./create-collector.ts";
import type { CollectorConfig } from "./options.ts";
import type { Collector, CollectorSettings } from "./collector.ts";
import { VitalsError } from "../base/errors.ts";
import type { AnySourceKind } from "../source/source.ts";

/** Under the registry of symbols, so that two copies of this package in one process share one collector. */
const KEY = Symbol.for("otel-vitals.shared-collector.v1");

type Holder = { [KEY]?: Collector };
const holder = globalThis as Holder;

/**
 * Makes the one shared collector of this process; it still has to be started. After it has been shut down another can be made.
 *
 * @throws VitalsError `lifecycle` when there is one already, `config_invalid` as `createCollector`
 */
export function initializeCollector<Custom extends AnySourceKind = never>(
  config: CollectorConfig<Custom>,
  settings?: CollectorSettings<Custom>,
): Collector {
  const present = current();
  if (present)
    throw new VitalsError("lifecycle", `the shared collector is ${present.lifecycle} already; shut it down before making another`);
  const collector = createCollector(config, settings);
  holder[KEY] = collector;
  return collector;
}

/** The shared collector of this process. @throws VitalsError `lifecycle` when there is none */
export function getCollector(): Collector {
  const collector = current();
  if (!collector) throw new VitalsError("lifecycle", "there is no shared collector; call initializeCollector first");
  return collector;
}

/** A stopped one is as good as none. */
function current(): Collector | undefined {
  const collector = holder[KEY];
  return collector?.lifecycle === "stopped" ? undefined : collector;
}
