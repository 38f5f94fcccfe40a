import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compose, type Composition } from "../../src/cli/compose.ts";
import type { Collector } from "../../src/collector/collector.ts";
import { loadConfig } from "../../src/config/load.ts";
import { freePort, Program } from "../demo/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Round {
  readonly encoding: "json" | "protobuf";
  readonly compression: "gzip" | "none";
}

/** The same points twice: from our own `/metrics`, and from the Collector's Prometheus exporter. */
export interface Told {
  readonly ours: string;
  readonly theirs: string;
}

/** Runs the collector as the command does, with every built-in sample type, and pushes the scraped metrics to the Collector. */
export async function play(otelcol: string, { encoding, compression }: Round): Promise<Told> {
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "otel-vitals-conformance-"));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const [otlpPort, metricsPort] = [await freePort(), await freePort()];
  const file = join(folder, "otelcol.yaml");
  await writeFile(file, collectorConfig(otlpPort, metricsPort));
  const program = parts.use(new Program("the Collector", otelcol, ["--config", file]));
  await program.line((line) => line.includes("Everything is ready"));

  const service = createServer((_, response) => response.writeHead(200).end('{"nodes":7,"edges":9,"rate":1.5,"hits":0.75,"up":60}'));
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  parts.defer(() => {
    service.close();
    service.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
  const { collector, telemetry } = await composed(`http://127.0.0.1:${otlpPort}/v1/metrics`, url, { encoding, compression });
  parts.defer(() => telemetry.shutdown(3_000));
  parts.defer(() => collector.shutdown());
  await readTwice(collector);
  // The SDK has metrics about itself only after its first collect and export.
  await telemetry.scrape?.();
  await telemetry.forceFlush(10_000);
  for (const { name } of collector.collections()) collector.pause(name);
  const [scrape] = await Promise.all([telemetry.scrape?.(), telemetry.forceFlush(10_000)]);
  const [report] = telemetry.exporters();
  if (!scrape || report?.exports !== 2) throw new Error(`the push did not arrive: ${report?.lastError ?? "no reason"}`);
  const theirs = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return { ours: scrape.text, theirs };
}

/** The collector as the command makes it from the configuration of the repository, with a source for each built-in sample type. */
async function composed(endpoint: string, serviceUrl: string, { encoding, compression }: Round): Promise<Composition> {
  const fields =
    "activeNodes: /nodes, activeEdges: /edges, queryRate: /rate, cacheHitRatio: /hits, serviceUptime: /up, responseTime: $duration";
  const set = [
    [
      "meter_provider.readers",
      `[{ pull: { exporter: { prometheus/development: {} } } },
        { periodic: { interval: 3600000, exporter: { otlp_http: { endpoint: "${endpoint}", encoding: ${encoding}, compression: ${compression} } } } }]`,
    ],
    ["collector.sources.service", `{ kind: http-json, url: "${serviceUrl}", readings: { graph-service: { ${fields} } } }`],
    ["collector.collections.service", "{ source: service, type: graph-service, interval: 2s }"],
    ["collector.collections.memory.interval", "2s"],
    // Each round is another collector.
    ["collector.state", "null"],
  ] as const;
  const { config, problems } = await loadConfig({ file: "otel-config.yaml", set, env: {}, cwd: ROOT });
  if (!config) throw new Error(problems.map(({ message }) => message).join("; "));
  return compose(config);
}

/** Starts it, and resolves when every collection has succeeded twice. */
async function readTwice(collector: Collector): Promise<void> {
  const left = new Map(collector.collections().map(({ name }) => [name, 2]));
  await collector.start();
  for await (const event of collector.events({ after: 0 })) {
    if (event.kind !== "sample" || event.sample.outcome !== "success") continue;
    const { collection } = event.sample;
    left.set(collection, (left.get(collection) ?? 0) - 1);
    if ([...left.values()].every((count) => count <= 0)) return;
  }
}

const collectorConfig = (otlpPort: number, metricsPort: number): string => `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${otlpPort}" } } } }
exporters: { prometheus: { endpoint: "127.0.0.1:${metricsPort}" } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [otlp], exporters: [prometheus] } }
`;
