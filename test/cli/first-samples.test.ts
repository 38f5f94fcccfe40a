import { expect, it } from "vitest";
import { firstSamples } from "../../src/cli/compose.ts";
import { createCollector } from "../../src/index.ts";
import { MemoryEngine } from "../../src/journal/memory-engine.ts";

/** A collector with one collection, on a journal that outlives it. */
const collectorOf = (collection: string, journal: MemoryEngine) =>
  createCollector(
    { sources: { machine: { kind: "host" } }, collections: { [collection]: { source: "machine", type: "system", interval: 50 } } },
    { journal },
  );

it("the first samples after a restart are none from before it, whose collections may be gone", async () => {
  const journal = new MemoryEngine();
  for (const name of ["earlier", "later"]) {
    await using collector = collectorOf(name, journal);
    expect([...(await firstSamples(collector, 10_000)).keys()]).toEqual([name]);
  }
});
