import { createCollector } from "../../../src/collector/create-collector.ts";
import { createApp } from "../../../src/http/index.ts";
import { listen } from "../../../src/http/listen.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { makeMessage } from "./message.ts";
import type { StreamServer } from "./servers.ts";
import { writerOf } from "../../../src/journal/journal.ts";

const MANY = 1_000_000;

/** The whole app as `otel-vitals run` serves it, over a journal that the benchmark writes to. */
export async function start(): Promise<StreamServer> {
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
  const idle = { source: "here", interval: "1d", type: "system" } as const;
  const collector = createCollector({ sources: { here: { kind: "host" } }, collections: { bench: idle, noise: idle } }, { telemetry });
  const app = createApp(collector, { maxClients: MANY, maxClientsPerAddress: MANY });
  const { port } = await listen(app, { port: 0 });
  const { bootId } = collector;
  const journal = writerOf(collector.journal);
  return {
    port,
    emit: (bytes, collection) => {
      journal.append({ kind: "sample", sample: makeMessage(bootId, journal.head + 1, bytes, collection).sample });
      journal.commit();
    },
    async clients() {
      const stats = (await (await app.request("/api/v1/stats")).json()) as { stream: { clients: number } };
      return stats.stream.clients;
    },
  };
}
