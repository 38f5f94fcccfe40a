/** The part of a starter configuration that does not depend on what is read. */
const HEAD = `# Configuration of otel-vitals: OpenTelemetry's declarative configuration with the section \`collector\` added.
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

  # What survives a restart or a crash: windows, statuses, alerts, notifications that wait. A folder of this collector alone, relative to
  # this file's; keep it out of version control. systemd sets STATE_DIRECTORY.
  state: { dir: "\${STATE_DIRECTORY:-.otel-vitals}" }

`;

/** This machine, with other sources commented out. */
const MACHINE = `${HEAD}  # What to read: this machine, files, services.
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

/** What every graph store is read for. */
const COLLECTIONS = `  # Which sample type to read from the store, and how often. The first is what the memory holds, the second the graph it is
  # stored in, the third the server.
  collections:
    facts: { source: memory, type: agent-memory, interval: 10s }
    graph: { source: memory, type: graph, interval: 10s }
    service: { source: memory, type: graph-service, interval: 10s }

  # The source brings rules of its own; docs/rules.md lists them. Test rules with: otel-vitals test
  # health:
  #   source_rules: { VitalsOrphans: { above: 0.2 }, VitalsMemoryStale: false }
  #   rules:
  #     - { collection: facts, field: memoryEfficiency, window: 10m, below: 0.5, clear: 0.6, status: degraded }
`;

/** Options that both graph stores have. */
const STORE_OPTIONS = `      # Whose memory it is: graphiti, cognee, neo4j-mcp or generic. auto recognises it by its labels.
      layout: auto
      # Measures that visit many nodes or edges are taken at most this often.
      scan_interval: 5m
      # With certificates of your own authority, or a certificate of the client:
      # tls: { ca: ca.pem, cert: client.pem, key: client.key }
`;

const FALKORDB = `${HEAD}  # What to read. The client library is a separate package: npm install redis@6
  sources:
    memory:
      kind: falkordb
      # rediss:// for TLS.
      url: "\${FALKORDB_URL:-redis://localhost:6379}"
      # EDIT THIS: names of graphs. Graphiti keeps a graph for each group_id; its MCP server writes to main.
      # Several names, or a name that ends with *, such as "team-*", split every metric by db.namespace.
      graphs: [main]
      # Where people look into it: the page links there.
      # ui: http://localhost:3000
      # Empty for a server without users. A user that may run GRAPH.RO_QUERY, GRAPH.LIST, INFO, PING and HELLO is enough.
      user: "\${FALKORDB_USER:-}"
      password: "\${FALKORDB_PASSWORD:-}"
${STORE_OPTIONS}
${COLLECTIONS}`;

const NEO4J = `${HEAD}  # What to read. The client library is a separate package: npm install neo4j-driver@6
  sources:
    memory:
      kind: neo4j
      # EDIT THIS: the address of the server. bolt+s:// or neo4j+s:// for TLS.
      url: "\${NEO4J_URI:-bolt://localhost:7687}"
      # Where people look into it, such as Neo4j Browser: the page links there.
      # ui: http://localhost:7474
      database: neo4j
      # A user that may only read is enough. Without a password no user is sent, for a server without users.
      user: "\${NEO4J_USER:-neo4j}"
      password: "\${NEO4J_PASSWORD:-}"
${STORE_OPTIONS}
${COLLECTIONS}`;

/** An agent whose memory is the file of an MCP memory server. */
const MCP_MEMORY = `${HEAD}  # What to read.
  sources:
    agent:
      kind: mcp-memory
      # EDIT THIS: the path of the server's file, as in its MEMORY_FILE_PATH. It need not exist yet: the collector waits for the first write.
      path: "\${MEMORY_FILE_PATH:-./memory.jsonl}"
    here: { kind: host }

  # Which sample type to read from which source, and how often: what the memory holds, the graph it is stored in, and this machine.
  collections:
    memory: { source: agent, type: agent-memory, interval: 5s }
    graph: { source: agent, type: graph, interval: 5s }
    machine: { source: here, type: system, interval: 1s }

  # Health rules in addition to the built-in ones. Test rules with: otel-vitals test
  # health:
  #   rules:
  #     - { collection: memory, field: memoryEfficiency, window: 10m, below: 0.5, clear: 0.6, status: degraded }
`;

/** A service in Node that returns numbers of its process as JSON. */
const NODE_SERVICE = `${HEAD}  # What to read. A service can also run the collector in its own process: docs/how-to/embed-next-to-node-sdk.md
  # This one returns, where delay is monitorEventLoopDelay() of node:perf_hooks, enabled:
  #   { memory: process.memoryUsage(), eventLoopDelayP99: delay.percentile(99) / 1e9 }
  sources:
    service:
      kind: http-json
      # EDIT THIS: the address, and below where each number is in its JSON, as a JSON Pointer. Times are in seconds, sizes in bytes.
      url: "\${SERVICE_URL:-http://127.0.0.1:8080/stats}"
      readings:
        system: { processMemory: /memory/rss, eventLoopDelayP99: /eventLoopDelayP99 }
    here: { kind: host }

  # Which sample type to read from which source, and how often: the service's process, and the machine it runs on.
  collections:
    service: { source: service, type: system, interval: 2s }
    machine: { source: here, type: system, interval: 1s }

  # Health rules in addition to the built-in ones. Test rules with: otel-vitals test
  # health:
  #   rules:
  #     - { collection: service, field: eventLoopDelayP99, stat: max, window: 1m, above: 0.5, clear: 0.3, for: 30s, status: degraded }
`;

/** Any endpoint that returns JSON, with numbers that the file declares. */
const JSON_ENDPOINT = `${HEAD}  # A sample type of your own: each of its numbers becomes a metric, a chart on the page and a field that rules can name.
  sample_types:
    numbers:
      queueLength: { instrument: app.queue.length, unit: "{item}", good: low, description: Items that wait. }
      requests: { instrument: app.requests, kind: counter, unit: "{request}", description: Requests since the start. }

  # What to read.
  sources:
    endpoint:
      kind: http-json
      # EDIT THIS: the address, and below where each number is in its JSON, as a JSON Pointer: {"queue": {"length": 3}, "requests": 41}.
      url: "\${ENDPOINT_URL:-http://127.0.0.1:8080/stats}"
      # headers: { authorization: "Bearer \${ENDPOINT_TOKEN:-}" }
      readings:
        numbers: { queueLength: /queue/length, requests: /requests }

  # Which sample type to read from which source, and how often.
  collections:
    numbers: { source: endpoint, type: numbers, interval: 5s }

  # Health rules in addition to the built-in ones. Test rules with: otel-vitals test
  # health:
  #   rules:
  #     - { collection: numbers, field: queueLength, stat: max, window: 1m, above: 100, clear: 50, status: degraded }
`;

/** Starter configurations by what they read; `otel-vitals init --for` knows their names. */
const STARTERS = {
  machine: MACHINE,
  "mcp-memory": MCP_MEMORY,
  "node-service": NODE_SERVICE,
  json: JSON_ENDPOINT,
  falkordb: FALKORDB,
  neo4j: NEO4J,
} as const;
export type StarterName = keyof typeof STARTERS;

/** Names of the situations. */
export const STARTER_NAMES = Object.keys(STARTERS) as readonly StarterName[];

/** Names of the stores, which `--store` accepts as well. */
export const STORE_NAMES = ["falkordb", "neo4j"] as const satisfies readonly StarterName[];

/** The configuration that `otel-vitals init` writes. @param name what it reads; default: this machine */
export const starterOf = (name: StarterName = "machine"): string => STARTERS[name];
