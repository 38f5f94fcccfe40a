/** Intervals of the default configuration in milliseconds, and that of a queue, by collection. */
export const INTERVALS: ReadonlyMap<string, number> = new Map([
  ["analytics", 1_000],
  ["graph", 2_000],
  ["memory", 5_000],
  ["queue", 5_000],
]);

/**
 * The default configuration with a state, a queue, a rule on it, and a webhook.
 *
 * @param isChanged a collection more, another rule, and another retention of `memory`; the other collections are the same
 */
export const configurationOf = (name: string, port: number, surroundings: string, isChanged = false): string => `file_format: "1.0"
resource: { attributes: [{ name: service.instance.id, value: ${name} }] }
meter_provider: { readers: [{ pull: { exporter: { prometheus/development: {} } } }] }
collector:
  server: { host: 127.0.0.1, port: ${port} }
  state: { dir: state }
  windows: [1m, 5m, 15m, 1h]
  sources:
    here: { kind: host }
    agent: { kind: mcp-memory, path: memory.jsonl }
    web: { kind: http-json, url: "${surroundings}/${name}/queue", readings: { queue: { depth: /depth } } }
  sample_types: { queue: { depth: { kind: gauge, instrument: queue.depth, unit: "{job}", good: low } } }
  collections:
    analytics: { source: here, type: system, interval: 1s, retain: 3600 }
    memory: { source: agent, type: agent-memory, interval: 5s, retain: ${isChanged ? 700 : 720} }${isChanged ? "\n    again: { source: agent, type: graph, interval: 10s, retain: 360 }" : ""}
    graph: { source: agent, type: graph, interval: 2s, retain: 1800 }
    queue: { source: web, interval: 5s, retain: 720 }
  health:
    interval: 30s
    history: 100
    rules: [{ name: Deep, collection: queue, field: depth, above: 50, for: 10s, keep_firing_for: 20s }${
      isChanged ? ", { name: Large, collection: memory, field: totalMemories, above: 1000000, status: degraded }" : ""
    }]
  alerts: { webhook: { url: "${surroundings}/${name}/hook" } }
`;
