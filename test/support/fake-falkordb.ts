import { Costs } from "../../src/source/graph-store/costs.ts";
import { falkordb } from "../../src/source/graph-store/kinds.ts";
import { StoreReader } from "../../src/source/graph-store/reader.ts";
import type { Measure } from "../../src/source/graph-store/layout.ts";
import { defineSource, type SourceContext } from "../../src/source/source.ts";
import type { Store } from "../../src/store/store.ts";

/** The source kind `falkordb`, of which the test connects the stores. Measures of the configuration are those of `custom`. */
export function fakeFalkordb(connect: (signal: AbortSignal) => Promise<Store>, custom: readonly Measure[] = []) {
  return defineSource({
    ...falkordb,
    kind: "fake-falkordb",
    open: (options, { clock, logger, meter, name }: SourceContext) =>
      new StoreReader({
        kind: "falkordb",
        connection: async () => ({ url: "redis://127.0.0.1:1", user: "", password: "" }),
        connect: (_settings, signal) => connect(signal),
        graphs: options.graphs,
        maxGraphs: options.max_graphs,
        layout: options.layout,
        custom,
        scanIntervalMs: options.scan_interval,
        scanTimeoutMs: options.scan_timeout,
        embeddingDimension: undefined,
        topology: { budgetMs: 1_000, maxItems: 1_000, timeoutMs: 1_000 },
        probe: undefined,
        clock,
        logger,
        costs: new Costs(meter, { "vitals.source.name": name }),
      }),
  });
}
