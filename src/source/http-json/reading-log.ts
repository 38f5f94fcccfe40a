import type { Logger } from "../../base/logger.ts";
import { quoted } from "../../base/suggest.ts";
import type { Mappings } from "./field-mapping.ts";
import type { Picked } from "./mapping.ts";

/** Logs the configured fields that the first response of each reading does not contain, once: they may be absent for ever. */
export class ReadingLog {
  readonly #logger: Logger;
  readonly #known = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  note(type: string, { missing }: Picked, mappings: Mappings): void {
    if (this.#known.has(type)) return;
    this.#known.add(type);
    for (const key of missing) {
      const mapping = mappings[key];
      if (mapping?.isConfigured)
        this.#logger.warn(`the first response does not contain ${quoted(mapping.path)}, so field ${quoted(key)} is absent`);
    }
  }
}
