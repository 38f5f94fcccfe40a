/** Interval of the collection that no reload changes, in milliseconds. */
export const STEADY_MS = 1_000;

export const TOKEN = "reload-bench";

/** The configuration before turn `turn`. It repeats after sixty turns, and changes at each: collections, sources, sinks, rules, windows, host names. */
export function configurationOf(turn: number, api: string): string {
  const [second, third, fourth, fifth] = [2, 3, 4, 5].map((every) => turn % every);
  const json = (path: string): string => `{ kind: http-json, url: "${api}${path}", readings: { graph-service: { activeNodes: /nodes } } }`;
  return `file_format: "1.0"
meter_provider: { readers: [ { pull: { exporter: { prometheus/development: {} } } } ] }
collector:
  server: { token: ${TOKEN}, allowed_hosts: [${second === 0 ? "" : "vitals.example"}] }
  sources:
    here: { kind: host }
    agent: { kind: mcp-memory, path: memory.jsonl }
    good: ${json("/good")}
    sometimes: ${json("/sometimes")}
    changing: ${json(`/changing-${third}`)}
  collections:
    steady: { source: here, type: system, interval: ${STEADY_MS}ms, retain: 400 }
    memory: { source: agent, type: agent-memory, interval: 500ms, retain: 200 }
    good: { source: good, interval: ${second === 0 ? 100 : 150}ms, retain: 400 }
    sometimes: { source: sometimes, interval: 200ms, retain: ${200 + 50 * (fourth ?? 0)} }
    changing: { source: changing, interval: 200ms, retain: 200 }
${third === 0 ? "    coming: { source: good, interval: 100ms, retain: 400 }\n" : ""}  windows: [10s, 1m${fifth === 0 ? ", 5m" : ""}]
  health:
    interval: 1s
    startup_grace: 1s
    rules: [ { name: Many, collection: good, field: activeNodes, window: 10s, above: ${70 + (fifth ?? 0)}, clear: 20, keep_firing_for: 1s } ]
  alerts: { webhook: { url: "${fourth === 0 ? "" : `${api}/hook-${fourth}`}" } }
`;
}
