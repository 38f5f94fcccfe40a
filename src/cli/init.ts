import { writeFile } from "node:fs/promises";
import { DEFAULT_FILE } from "../config/load.ts";
import { VitalsError } from "../base/errors.ts";
import { EXIT, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";

const STARTER = `# Configuration of otel-vitals: OpenTelemetry's declarative configuration with the section \`collector\` added.
# Check it with: otel-vitals validate
file_format: "1.0"

resource:
  attributes:
    - { name: service.name, value: "\${OTEL_SERVICE_NAME:-otel-vitals}" }

meter_provider:
  readers:
    # Enables /metrics on the server below. With a host or a port here, also on a separate listener.
    - pull: { exporter: { prometheus/development: {} } }
    # Also push metrics over OTLP:
    # - periodic: { interval: 10000, exporter: { otlp_http: { endpoint: "http://localhost:4318/v1/metrics", encoding: json } } }

# Export health transitions and alerts as log events over OTLP:
# logger_provider:
#   processors:
#     - batch: { exporter: { otlp_http: { endpoint: "http://localhost:4318/v1/logs", encoding: json } } }

collector:
  # An address other than loopback requires a token.
  server: { host: 127.0.0.1, port: 9464, token: "\${VITALS_TOKEN:-}" }

  # What to read: this machine, files, services.
  sources:
    here: { kind: host }
    # The file of an MCP memory server:
    # agent: { kind: mcp-memory, path: "\${MEMORY_FILE_PATH}" }
    # Any HTTP endpoint that returns JSON:
    # service: { kind: http-json, url: "http://127.0.0.1:8080/stats", readings: { graph-service: { activeNodes: /graph/nodes } } }

  # Which sample type to read from which source, and how often.
  collections:
    analytics: { source: here, type: system, interval: 1s }
    # memory: { source: agent, type: agent-memory, interval: 5s }
    # graph: { source: agent, type: graph, interval: 2s }

  # Health rules in addition to the built-in ones. Test rules with: otel-vitals test
  # health:
  #   rules:
  #     - { collection: analytics, field: cpuUtilization, stat: p95, window: 1m, above: 0.9, clear: 0.8, for: 30s, keep_firing_for: 60s, status: degraded }
`;

/** Writes a commented starter configuration; never overwrites a file. */
export async function init({ common }: CommandLine): Promise<number> {
  const path = common.config ?? DEFAULT_FILE;
  try {
    await writeFile(path, STARTER, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new VitalsError(
      "config_unreadable",
      code === "EEXIST" ? `${path} exists already and was not changed; choose another name with -c` : `${path} cannot be written: ${code}`,
      { cause: error },
    );
  }
  await print(`wrote ${path}; check it with: otel-vitals validate -c ${path}`);
  return EXIT.fine;
}
