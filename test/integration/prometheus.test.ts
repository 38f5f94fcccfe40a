import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dashboard } from "../../src/dashboards/schema.ts";
import { command, running, type Running } from "../support/command.ts";
import { needs, program } from "../support/programs.ts";
import { interpolate, queriesOf, stepOf, type Choice, type Timing } from "../support/grafana.ts";
import { serveHttp } from "../support/http-server.ts";
import { listening, type ListeningProgram } from "../support/listening-program.ts";
import { PrometheusApi } from "../support/prometheus-api.ts";

const WITHOUT_TIME = "a memory file has no times of its memories";
const WITHOUT_EPISODES = "a memory file has no items from which its memories were extracted";
const WITHOUT_EMBEDDINGS = "a memory file has no embeddings";

/** Panels that may have no data, each with the reason. */
const NOTHING_HERE: Readonly<Record<string, string>> = {
  "otel-vitals / system: Container CPU time": "read only in a container with limits",
  "otel-vitals / system: Container CPU utilization": "read only in a container with limits",
  "otel-vitals / system: Container memory usage": "read only in a container with limits",
  "otel-vitals / system: Container memory limit": "read only in a container with limits",
  "otel-vitals / system: Container memory utilization": "read only in a container with limits",
  "otel-vitals / system: Container CPU utilization now": "read only in a container with limits",
  "otel-vitals / system: Container memory utilization now": "read only in a container with limits",
  "otel-vitals / system: Swap utilization": "a machine without swap space has none",
  "otel-vitals / system: Swap utilization now": "a machine without swap space has none",
  "otel-vitals / agent-memory: Newest memory age": WITHOUT_TIME,
  "otel-vitals / agent-memory: Oldest memory age": WITHOUT_TIME,
  "otel-vitals / agent-memory: Invalidated": WITHOUT_TIME,
  "otel-vitals / agent-memory: Invalidated share": WITHOUT_TIME,
  "otel-vitals / agent-memory: Expired": WITHOUT_TIME,
  "otel-vitals / agent-memory: Usual gap": WITHOUT_TIME,
  "otel-vitals / agent-memory: Relative memory age": WITHOUT_TIME,
  "otel-vitals / agent-memory: Invalidated rise": WITHOUT_TIME,
  "otel-vitals / agent-memory: Recent commonest share": WITHOUT_TIME,
  "otel-vitals / agent-memory: Episodes": WITHOUT_EPISODES,
  "otel-vitals / agent-memory: Extraction lag": WITHOUT_EPISODES,
  "otel-vitals / agent-memory: Unextracted episodes": WITHOUT_EPISODES,
  "otel-vitals / agent-memory: Pending": WITHOUT_EPISODES,
  "otel-vitals / agent-memory: Ingestions": WITHOUT_EPISODES,
  "otel-vitals / agent-memory: Embedding coverage": WITHOUT_EMBEDDINGS,
  "otel-vitals / agent-memory: Embedding dimension": WITHOUT_EMBEDDINGS,
  "otel-vitals / agent-memory: Embedding mismatch": WITHOUT_EMBEDDINGS,
  "otel-vitals / agent-memory: Commonest embedding share": WITHOUT_EMBEDDINGS,
  "otel-vitals / agent-memory: Writes": "the memory server does not count its writes",
  "otel-vitals / agent-memory: Scopes": "a memory file is one scope",
  "otel-vitals / agent-memory: Retrievals": "the file of a memory server is read whole; nothing is retrieved from it",
  "otel-vitals / agent-memory: Failed retrievals": "the file of a memory server is read whole; nothing is retrieved from it",
  "otel-vitals / agent-memory: Retrieval duration: p50, p95, p99":
    "the file of a memory server is read whole; nothing is retrieved from it",
  "otel-vitals / agent-memory: Retrieval duration: distribution": "the file of a memory server is read whole; nothing is retrieved from it",
};

/** The test takes about a minute and a half, of which a minute is for scraping. */
const LONG_MS = 240_000;
const SCRAPES = 60;
const TIMING: Timing = { scrapeS: 1, stepS: 1 };
const INTERVAL_S = 1;

/** Repeats a request until it holds, at most until the test's timeout. */
async function eventually<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await pause(100);
  }
}

const json =
  (body: object): RequestListener =>
  (_, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));

/** What the graph service of the test answers. */
const SERVICE = {
  nodes: 4,
  edges: 5,
  rate: 2.5,
  hits: 0.75,
  uptime: 90,
  queries: { ended: { "graph.QUERY": 12, "graph.RO_QUERY": 30 }, failed: 1, mean: 0.02, running: 2, slow: 1 },
  indexes: { offline: 0 },
  connections: 6,
  memory: 4_096,
};

/** A notification of Alertmanager to its webhook. */
interface Notification {
  readonly alerts: readonly { readonly status: "firing" | "resolved"; readonly labels: Readonly<Record<string, string>> }[];
}

function configuration({ service, queue, receiver }: Readonly<Record<"service" | "queue" | "receiver", string>>): string {
  return `file_format: "1.0"
meter_provider:
  readers:
    - pull: { exporter: { prometheus/development: {} } }
    - periodic: { interval: 1000, timeout: 1000, exporter: { otlp_http: { endpoint: "${receiver}/v1/metrics", encoding: json } } }
collector:
  sample_types:
    queue:
      depth: { instrument: queue.depth, unit: "{job}", good: low, description: Jobs that wait, by: [{ attribute: queue.name, limit: 5 }] }
      done: { instrument: queue.done, unit: "{job}", kind: counter, description: Jobs done. }
      took: { instrument: queue.took, kind: duration, description: Time of one request. }
  sources:
    here: { kind: host }
    agent: { kind: mcp-memory, path: memory.jsonl }
    service:
      kind: http-json
      url: ${service}
      readings:
        graph-service:
          { activeNodes: /nodes, activeEdges: /edges, queryRate: /rate, cacheHitRatio: /hits, serviceUptime: /uptime, responseTime: $duration,
            queries: /queries/ended, queryErrors: /queries/failed, queryMeanDuration: /queries/mean, activeQueries: /queries/running,
            slowQueries: /queries/slow, offlineIndexes: /indexes/offline, connections: /connections, memoryUsage: /memory }
    jobs:
      kind: http-json
      url: ${queue}
      breaker: { failures: 2, initial: 1s, max: 2s }
      readings: { queue: { depth: /depth, done: /done, took: $duration } }
  collections:
    analytics: { source: here, type: system, interval: 1s }
    memory: { source: agent, type: agent-memory, interval: 5s }
    graph: { source: agent, type: graph, interval: 2s }
    service: { source: service, interval: 1s }
    queue: { source: jobs, interval: ${INTERVAL_S}s }
  health:
    interval: 5s
    rules:
      - { collection: graph, field: connectedComponents, above: 1000, status: degraded }
`;
}

describe("a collector with Prometheus and Alertmanager", needs("prometheus", "promtool", "prometheus-alertmanager"), () => {
  const folder = mkdtempSync(join(tmpdir(), "otel-vitals-prometheus-"));
  const stack = new AsyncDisposableStack();
  let collector: Running;
  let api: PrometheusApi;
  let queue: Awaited<ReturnType<typeof serveHttp>>;
  let dashboards: readonly Dashboard[] = [];
  const choices = new Map<string, readonly [listed: Choice, all: Choice]>();
  const notifications: Notification[] = [];
  const hook: { check: () => void } = { check: () => {} };

  const notified = (alertname: string, status: string): Promise<Readonly<Record<string, string>>> =>
    new Promise((resolve) => {
      hook.check = () => {
        const found = notifications
          .flatMap(({ alerts }) => alerts)
          .find((alert) => alert.status === status && alert.labels["alertname"] === alertname);
        if (found) resolve(found.labels);
      };
      hook.check();
    });

  beforeAll(async () => {
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    copyFileSync("examples/memory.jsonl", join(folder, "memory.jsonl"));
    const service = stack.use(await serveHttp(json(SERVICE)));
    const receiver = stack.use(await serveHttp(json({})));
    queue = await serveHttp(json({ depth: { mail: 3, print: 1 }, done: 17 }));
    const config = join(folder, "otel-config.yaml");
    writeFileSync(config, configuration({ service: service.url, queue: queue.url, receiver: receiver.url }));

    const written = await command(["dashboards", "-c", config, "--out", folder, "--all-types"]);
    expect(written).toMatchObject({ code: 0, stderr: "" });
    dashboards = written.stdout
      .split("\n")
      .filter((path) => path.endsWith(".json"))
      .map((path) => JSON.parse(readFileSync(path, "utf8")) as Dashboard);
    // The generated rules with shorter times.
    const rules = readFileSync(join(folder, "prometheus/otel-vitals.rules.yml"), "utf8");
    writeFileSync(
      join(folder, "rules.yml"),
      rules.replaceAll(/^(\s+for:) \S+$/gm, "$1 2s").replaceAll(/^(\s+keep_firing_for:) \S+$/gm, "$1 1s"),
    );

    collector = stack.use(await running(["-c", config]));
    const webhook = stack.use(
      await serveHttp((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          notifications.push(JSON.parse(Buffer.concat(chunks).toString()) as Notification);
          hook.check();
          response.end();
        });
      }),
    );
    const alertmanager = stack.use(await startAlertmanager(folder, webhook.url));
    const prometheus = stack.use(
      await startPrometheus(folder, { collector: new URL(collector.url).host, alertmanager: new URL(alertmanager.url).host }),
    );
    api = new PrometheusApi(prometheus.url);
    const scraped = `count_over_time(up{job="otel-vitals"}[5m])`;
    await eventually(
      () => api.instant(scraped),
      ([count]) => (count?.value ?? 0) > SCRAPES,
    );
    // Growth is measured after the first minute.
    await eventually(
      () => api.instant("agent_memory_growth_rate_ratio"),
      (found) => found.length > 0,
    );
  }, LONG_MS);

  afterAll(() => stack.disposeAsync());

  it("promtool check metrics objects only to the gauges and up-down counters named _count", async () => {
    const text = await (await fetch(`${collector.url}/metrics`)).text();
    let found = "";
    try {
      execFileSync(program("promtool") as string, ["check", "metrics"], { input: text, stdio: ["pipe", "pipe", "pipe"] });
    } catch (error) {
      found = String((error as { readonly stderr: Buffer }).stderr);
    }
    const expected = [
      "agent_memory_count",
      "agent_memory_duplicate_count",
      "graph_connected_component_count",
      "graph_edge_count",
      "graph_node_count",
      "graph_node_leaf_count",
      "graph_node_orphan_count",
      "graph_node_unreferenced_count",
      "graph_relation_count",
      "graph_service_connection_count",
    ];
    expect(found.trim().split("\n").sort()).toEqual(
      expected.map((name) => `${name} non-histogram and non-summary metrics should not have "_count" suffix`),
    );
  });

  it("Prometheus scrapes the collector without a gap, and its collections are up", async () => {
    expect(await api.instant(`min_over_time(up{job="otel-vitals"}[1m])`)).toMatchObject([{ value: 1 }]);
    expect((await api.instant("vitals_collection_up == 1")).length).toBe(5);
    // It also pushes to another backend, so that the panel of exports shows exports instead of 0.
    expect((await api.instant("rate(otel_sdk_exporter_metric_data_point_exported_total[30s]) > 0")).length).toBe(1);
  });

  it("Prometheus returns values for every variable of every dashboard", async () => {
    expect(dashboards.map(({ uid }) => uid).sort()).toEqual([
      "otel-vitals-overview",
      "otel-vitals-self",
      "otel-vitals-type-agent-memory",
      "otel-vitals-type-graph",
      "otel-vitals-type-graph-service",
      "otel-vitals-type-queue",
      "otel-vitals-type-system",
    ]);
    for (const { uid, templating } of dashboards) {
      const listed: Record<string, readonly string[]> = {};
      const all: Record<string, Choice[string]> = {};
      for (const { name, type, definition, allValue } of templating.list) {
        if (type !== "query") continue;
        const [, selector = "", label = ""] = /^label_values\((.*), (\w+)\)$/s.exec(definition ?? "") ?? [];
        const values = await api.labelValues(interpolate({ refId: "A", expr: selector }, listed, TIMING), label);
        listed[name] = values;
        all[name] = allValue === undefined ? values : { all: allValue };
        expect(values.length, `${uid} $${name}`).toBeGreaterThan(0);
      }
      choices.set(uid, [listed, all]);
    }
    const collectionsOf = (uid: string): unknown => choices.get(uid)?.[0]["collection"];
    expect(collectionsOf("otel-vitals-overview")).toEqual(["analytics", "graph", "memory", "queue", "service"]);
    expect(collectionsOf("otel-vitals-type-graph")).toEqual(["graph"]);
    expect(collectionsOf("otel-vitals-type-queue")).toEqual(["queue"]);
  });

  it("every query of every panel returns data, for single choices and for All", async () => {
    const lines: string[] = [];
    const empty = new Set<string>();
    for (const { uid, dashboard, panel, target } of dashboards.flatMap(queriesOf)) {
      const found: number[] = [];
      for (const chosen of choices.get(uid) ?? []) {
        const end = Date.now() / 1_000;
        const step = stepOf(target, TIMING);
        const series = await api.range(interpolate(target, chosen, TIMING), { start: end - Math.ceil(45 / step) * step, end, step });
        found.push(series.filter(({ values }) => values.some(([, text]) => !Number.isNaN(Number(text)))).length);
      }
      lines.push(`${String(found[0]).padStart(4)}  ${dashboard}: ${panel} (${target.refId})`);
      expect(found[1], `${dashboard}: ${panel}: ${target.expr}`).toBe(found[0]);
      if (found[0] === 0) empty.add(`${dashboard}: ${panel}`);
    }
    if (process.env["PANELS"]) process.stdout.write(`\nseries  panel (query)\n${lines.join("\n")}\n`);
    expect(lines.length).toBeGreaterThan(80);
    // In a container with limits some of these have data. No other panel may be empty, and every listed panel exists.
    const expected = Object.keys(NOTHING_HERE);
    expect([...empty].filter((panel) => !expected.includes(panel))).toEqual([]);
    expect(expected.filter((panel) => !lines.some((line) => line.includes(`  ${panel} (`)))).toEqual([]);
  });

  it("every recording rule has data, and no alert fires while everything is healthy", async () => {
    const file = parse(readFileSync(join(folder, "rules.yml"), "utf8")) as {
      readonly groups: readonly {
        readonly rules: readonly { readonly record?: string; readonly alert?: string; readonly expr: string }[];
      }[];
    };
    const rules = file.groups.flatMap((group) => group.rules);
    expect(rules.filter(({ record }) => record !== undefined).length).toBe(7);
    for (const { record, alert, expr } of rules) {
      const found = await api.instant(expr);
      if (record === undefined) expect(found, alert).toEqual([]);
      else expect((await api.instant(record)).length, record).toBe(found.length);
      if (record !== undefined) expect(found.length, record).toBeGreaterThan(0);
    }
    const health = await api.rules();
    expect(health.length).toBe(rules.length);
    expect(health.filter((rule) => rule.health !== "ok")).toEqual([]);
  });

  it(
    "the series of a stopped source go stale within three intervals and a scrape, and Alertmanager gets the alert and its resolve",
    async () => {
      const { port } = new URL(queue.url);
      expect((await api.instant("queue_depth")).length).toBe(2);
      await queue[Symbol.asyncDispose]();

      const labels = await notified("VitalsBreakerOpen", "firing");
      expect(labels).toMatchObject({ severity: "error", component: "source:jobs", job: "otel-vitals" });

      const [success] = await api.instant(`vitals_collection_last_success_time_seconds{vitals_collection_name="queue"}`);
      const lastSuccess = (success as { readonly value: number }).value;
      const A_SCRAPE_S = 1;
      const SCRAPE_TAKES_S = 0.5;
      const over = lastSuccess + 3 * INTERVAL_S + A_SCRAPE_S + SCRAPE_TAKES_S;
      await eventually(
        () => api.instant(`timestamp(up{job="otel-vitals"})`),
        ([at]) => (at?.value ?? 0) > over,
      );
      for (const family of ["queue_depth", "queue_done_total", "queue_took_seconds_count"]) {
        expect((await api.instant(family, lastSuccess + 1)).length, family).toBeGreaterThan(0);
        expect(await api.instant(family, over), family).toEqual([]);
      }
      // One incident, one alert.
      expect((await api.instant('ALERTS{alertstate="firing"}')).map(({ metric }) => metric["alertname"])).toEqual(["VitalsBreakerOpen"]);
      const annotations = dashboards.flatMap((each) => each.annotations.list).filter(({ builtIn }) => builtIn === undefined);
      expect(annotations.length).toBe(2 * dashboards.length);
      const [everything] = choices.get("otel-vitals-overview") as readonly [Choice, Choice];
      for (const { expr = "" } of annotations) {
        const end = Date.now() / 1_000;
        const found = await api.range(interpolate({ refId: "A", expr }, everything, TIMING), { start: end - 60, end, step: 1 });
        expect(found.length, expr).toBeGreaterThan(0);
      }

      stack.use(await serveHttp(json({ depth: { mail: 2 }, done: 18 }), Number(port)));
      expect(await notified("VitalsBreakerOpen", "resolved")).toEqual(labels);
      expect(
        (
          await eventually(
            () => api.instant("queue_depth"),
            (found) => found.length > 0,
          )
        ).map(({ value }) => value),
      ).toEqual([2]);
    },
    LONG_MS,
  );
});

function startAlertmanager(folder: string, webhook: string): Promise<ListeningProgram> {
  const file = join(folder, "alertmanager.yml");
  const route = { receiver: "test", group_by: ["..."], group_wait: "0s", group_interval: "1s", repeat_interval: "1h" };
  // JSON, because it is valid YAML.
  writeFileSync(file, JSON.stringify({ route, receivers: [{ name: "test", webhook_configs: [{ url: webhook, send_resolved: true }] }] }));
  return listening("prometheus-alertmanager", [
    `--config.file=${file}`,
    `--storage.path=${join(folder, "alertmanager")}`,
    "--web.listen-address=127.0.0.1:0",
    "--cluster.listen-address=",
  ]);
}

function startPrometheus(
  folder: string,
  targets: { readonly collector: string; readonly alertmanager: string },
): Promise<ListeningProgram> {
  const file = join(folder, "prometheus.yml");
  const config = {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: [join(folder, "rules.yml")],
    scrape_configs: [{ job_name: "otel-vitals", static_configs: [{ targets: [targets.collector] }] }],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [targets.alertmanager] }] }] },
  };
  writeFileSync(file, JSON.stringify(config));
  return listening("prometheus", [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, "prometheus-data")}`,
    "--web.listen-address=127.0.0.1:0",
  ]);
}
