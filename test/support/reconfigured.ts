import * as z from "zod";
import type { Collector, CollectorSettings } from "../../src/collector/collector.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { CollectorConfig } from "../../src/collector/options.ts";
import { RecordingSink } from "../../src/health/sink/recording-sink.ts";
import { ManualClock, settle } from "../../src/base/manual-clock.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { queueMetrics, workerMetrics } from "./scripted.ts";

/** What a source reads at an address; a test may change it at any time. */
export type World = Record<string, (signal: AbortSignal) => unknown>;

/** One connection of a source kind that counts its readings and keeps that count over a reconfiguration. */
interface Connection {
  readonly at: string;
  readings: number;
}

/** Sources that read what is at an address of a world, and note when connections are opened and closed. */
export function worldKind(world: World, log: string[]) {
  const read =
    (otherwise: object) =>
    (connection: Connection, signal: AbortSignal): never => {
      connection.readings += 1;
      return (world[connection.at] ?? (() => otherwise))(signal) as never;
    };
  return defineSource({
    kind: "world",
    options: z.strictObject({ at: z.string().default("home") }),
    open: ({ at }): Connection => {
      log.push(`open ${at}`);
      const connection = { at, readings: 0, [Symbol.dispose]: () => void log.push(`close ${at}`) };
      return connection;
    },
    readings: [reading(queueMetrics, read({ depth: 1 })), reading(workerMetrics, read({ busy: 0.5 }))],
    attributes: ({ at }) => ({ "world.at": at }),
    saveState: ({ readings }) => ({ readings }),
    restoreState: (connection, state) => {
      const { readings } = state as Pick<Connection, "readings">;
      log.push(`continue ${connection.at} after ${readings}`);
    },
  });
}

/** A configuration whose sources may read a world. */
export type WorldConfig = CollectorConfig<ReturnType<typeof worldKind>>;

/** One source, and collections that read queues from it. */
export function queues(names: readonly string[], more: object = {}, rest: object = {}): WorldConfig {
  return {
    sources: { s: { kind: "world" } },
    collections: Object.fromEntries(names.map((name) => [name, { source: "s", type: "queue", interval: "1s", ...more }])),
    ...rest,
  };
}

/** A running collector on a simulated clock that reads a world, and what happened to its connections. */
export async function running(config: WorldConfig, settings: CollectorSettings = {}) {
  const clock = new ManualClock();
  const world: World = {};
  const connections: string[] = [];
  const logged: string[] = [];
  const note = (line: string): void => void logged.push(line);
  const logger = { debug: note, info: note, warn: note, error: note };
  const sink = new RecordingSink("pager");
  const kind = worldKind(world, connections);
  const collector: Collector = createCollector(config, { clock, sourceKinds: [kind], sinks: [sink], logger, ...settings });
  await collector.start();
  return { clock, collector, world, connections, logged, sink };
}

/** Reconfigures, and lets everything run that follows at once. */
export async function reconfigured(collector: Collector, config: WorldConfig) {
  const report = await collector.reconfigure(config);
  await settle();
  return report;
}
