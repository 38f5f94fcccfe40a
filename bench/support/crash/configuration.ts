export const INTERVAL_MS = 100;
export const COLLECTIONS = ["one", "two", "three", "four", "jobs"];

/** @param maxSize of the state; segments are a twelfth of it */
export const configurationOf = (world: string, maxSize: string): string => `file_format: "1.0"
resource: { attributes: [{ name: service.instance.id, value: here }] }
collector:
  state: { dir: state, sync: 1s, max_size: ${maxSize} }
  windows: [10s]
  sources:
    here: { kind: host }
    web: { kind: http-json, url: "${world}/queue", readings: { queue: { depth: /depth } } }
  sample_types: { queue: { depth: { kind: gauge, instrument: queue.depth, unit: "{job}", good: low } } }
  collections:
    one: { source: here, type: system, interval: ${INTERVAL_MS}ms, retain: 2000 }
    two: { source: here, type: system, interval: ${INTERVAL_MS}ms, retain: 2000 }
    three: { source: here, type: system, interval: ${INTERVAL_MS}ms, retain: 2000 }
    four: { source: here, type: system, interval: ${INTERVAL_MS}ms, retain: 2000 }
    jobs: { source: web, interval: ${INTERVAL_MS}ms, retain: 2000 }
  health:
    interval: 500ms
    startup_grace: 300ms
    flapping: 0s
    rules: [{ name: Deep, collection: jobs, field: depth, above: 50, window: 10s, keep_firing_for: 0s }]
  alerts: { webhook: { url: "${world}/hook" } }
`;
