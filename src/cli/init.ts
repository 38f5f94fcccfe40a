import { writeFile } from "node:fs/promises";
import { DEFAULT_FILE } from "../config/load.ts";
import { VitalsError } from "../base/errors.ts";
import { EXIT, type CommandLine } from "./usage.ts";

const STARTER = `# Configuration of otel-vitals: OpenTelemetry's declarative configuration, and our own part, \`collector\`.
# Check it with: otel-vitals validate
file_format: "1.0"

resource:
  attributes:
    - { name: service.name, value: "\${OTEL_SERVICE_NAME:-otel-vitals}" }

meter_provider:
  readers:
    # /metrics of the server below. With a host and a port here it also gets a listener of its own.
    - pull: { exporter: { prometheus/development: {} } }
    # Push over OTLP as well:
    # - periodic: { interval: 10000, exporter: { otlp_http: { endpoint: "http://localhost:4318/v1/metrics", encoding: json } } }

# Changes of health as log events:
# logger_provider:
#   processors:
#     - batch: { exporter: { otlp_http: { endpoint: "http://localhost:4318/v1/logs", encoding: json } } }

collector:
  # Anything but loopback needs a token.
  server: { host: 127.0.0.1, port: 9464, token: "\${VITALS_TOKEN:-}" }

  # What is read.
  sources:
    here: { kind: host }
    # The file of a Model Context Protocol memory server:
    # agent: { kind: mcp-memory, path: "\${MEMORY_FILE_PATH}" }
    # Any endpoint that answers JSON:
    # service: { kind: http-json, url: "http://127.0.0.1:8080/stats", readings: { graph-service: { activeNodes: /graph/nodes } } }

  # What is read from it, and how often.
  collections:
    analytics: { source: here, type: system, interval: 1s }
    # memory: { source: agent, type: agent-memory, interval: 5s }
    # graph: { source: agent, type: graph, interval: 2s }

  # What people are told of, beside the built-in rules. Try rules out with: otel-vitals test
  # health:
  #   rules:
  #     - { collection: analytics, field: cpuUtilization, stat: p95, window: 1m, above: 0.9, clear: 0.8, for: 30s, keep_firing_for: 60s, status: degraded }
`;

/** Writes a commented starter file. Never overwrites one. */
export async function init({ common }: CommandLine): Promise<number> {
  const path = common.config ?? DEFAULT_FILE;
  try {
    await writeFile(path, STARTER, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new VitalsError(
      "config_unreadable",
      code === "EEXIST" ? `${path} is there already; it is left as it is` : `${path} cannot be written (${code})`,
      { cause: error },
    );
  }
  console.log(`wrote ${path}; check it with: otel-vitals validate -c ${path}`);
  return EXIT.fine;
}
