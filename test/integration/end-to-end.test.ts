import { connect } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { command, running } from "../support/command.ts";
import { follow } from "../support/events.ts";
import { serveHttp } from "../support/http-server.ts";

const get = async (
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> => {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
};

/** Repeats a request until it holds, and fails with the last result at the test's timeout. */
async function eventually<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("the running collector", () => {
  it("the collector serves the machine and a graph memory on metrics, API and stream, and exits cleanly", async () => {
    await using collector = await running([]);
    const { url } = collector;
    using stream = follow(`${url}/api/v1/events`);
    const samples = await stream.until("sample", 4);
    const [journal] = samples[0]?.id.split("-") ?? [];
    expect(samples.map(({ id }) => id.split("-"))).toEqual(samples.map(() => [journal, expect.stringMatching(/^\d+$/)]));
    const numbers = samples.map(({ id }) => Number(id.split("-")[1]));
    expect(numbers).toEqual(Array.from(numbers, (_, n) => (numbers[0] as number) + n));

    const { body: health } = await eventually(
      () => get(`${url}/health`),
      ({ body }) => body["status"] === "pass",
    );
    expect(health).toMatchObject({ vitalsStatus: "healthy", output: "9 components are healthy" });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(
      (
        await eventually(
          () => fetch(`${url}/readyz?verbose`),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);

    const metrics = await (await fetch(`${url}/metrics`)).text();
    for (const family of [
      "system_cpu_time_seconds_total",
      "system_memory_usage_bytes",
      "system_cpu_load_average_1m",
      "system_network_io_bytes_total",
      "graph_node_count",
      "graph_diameter",
      "graph_density_ratio",
      "agent_memory_count",
      "agent_memory_size_mean_bytes",
      "vitals_collection_up",
      "vitals_collection_ticks_total",
      "vitals_component_status",
      "vitals_breaker_status",
      "target_info",
    ]) {
      expect(metrics).toMatch(new RegExp(`^${family}\\{`, "m"));
    }
    expect(metrics).toMatch(/^graph_node_count\{vitals_collection_name="graph",graph_node_type="component"\} 6$/m);
    expect(metrics).toMatch(/^vitals_collection_up\{vitals_collection_name="graph"\} 1$/m);

    const { body: graph } = await get(`${url}/api/v1/collections/graph/aggregates?window=1m`);
    expect(graph).toMatchObject({
      windows: [{ successRate: 1, coverage: 1, fields: { nodeCount: { last: 26 }, modularity: { count: expect.any(Number) as number } } }],
    });

    collector.signal("SIGTERM");
    await stream.until("bye");
    expect(await collector.ended).toBe(0);
  });

  it("the event stream resumes without a gap or a repeated event", async () => {
    await using collector = await running([]);
    const url = `${collector.url}/api/v1/events?types=sample&collections=analytics`;
    let lastId = "";
    let lastTime = "";
    {
      using first = follow(url);
      const last = (await first.until("sample", 2))[1];
      lastId = last?.id ?? "";
      lastTime = (last?.data as { time: string } | undefined)?.time ?? "";
    }
    using whole = follow(`${collector.url}/api/v1/events?types=sample`);
    await whole.until("sample", 3);
    using second = follow(url, { "last-event-id": lastId });
    const resumed = await second.until("sample", 3);
    expect(second.received.some(({ type }) => type === "snapshot")).toBe(false);
    const { body } = await get(`${collector.url}/api/v1/collections/analytics/samples?last=100`);
    const times = (body["rows"] as [string][]).map(([time]) => time);
    const expected = times.slice(times.indexOf(lastTime) + 1);
    expect(expected.length).toBeGreaterThanOrEqual(resumed.length);
    expect(resumed.map(({ data }) => (data as { time: string }).time)).toEqual(expected.slice(0, resumed.length));
    using stranger = follow(url, { "last-event-id": "another-boot-7" });
    const [reset] = await stranger.until("reset");
    expect(reset?.data).toEqual({ reason: "the collector has been restarted" });
    await stranger.until("snapshot");
  });

  it("the collector exits within ten seconds with open streams and a hanging OTLP backend", async () => {
    await using backend = await serveHttp(() => {});
    const reader = `{ periodic: { interval: 1000, exporter: { otlp_http: { endpoint: "${backend.url}/v1/metrics" } } } }`;
    await using collector = await running(["--set", `meter_provider.readers=[${reader}]`]);
    using stream = follow(`${collector.url}/api/v1/events`);
    await stream.until("sample", 2);
    const idle = connect(Number(new URL(collector.url).port), "127.0.0.1");
    await once(idle, "connect");
    const begun = performance.now();
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    expect(performance.now() - begun).toBeLessThan(10_000);
    idle.destroy();
  });

  it("the collector continues while one source fails and another hangs, and counts both", async () => {
    await using failing = await serveHttp((_, response) => response.writeHead(500).end());
    await using hanging = await serveHttp(() => {});
    const folder = mkdtempSync(join(tmpdir(), "vitals-e2e-"));
    const source = (url: string): string =>
      `{ kind: http-json, url: "${url}/", readings: { graph-service: { activeNodes: /n } }, breaker: { failures: 3, initial: 24d, max: 24d } }`;
    writeFileSync(
      join(folder, "c.yaml"),
      `file_format: "1.0"
meter_provider: { readers: [ { pull: { exporter: { prometheus/development: {} } } } ] }
collector:
  sources:
    here: { kind: host }
    failing: ${source(failing.url)}
    hanging: ${source(hanging.url)}
  collections:
    good: { source: here, interval: 250ms }
    failing: { source: failing, interval: 250ms }
    hanging: { source: hanging, interval: 250ms, timeout: 250ms }
  health: { for: 0s, success: { degraded_below: 0.99, degraded_clear: 0.995 } }
`,
    );
    await using collector = await running(["-c", join(folder, "c.yaml")]);
    rmSync(folder, { recursive: true });
    type Ticks = Record<string, Record<string, number>>;
    const { body } = await eventually(
      () => get(`${collector.url}/api/v1/stats`),
      ({ body: stats }) =>
        ((stats["ticks"] as Ticks)["failing"]?.["rejected"] ?? 0) > 2 && ((stats["ticks"] as Ticks)["hanging"]?.["rejected"] ?? 0) > 2,
    );
    const ticks = body["ticks"] as Ticks;
    expect(ticks["failing"]).toMatchObject({ success: 0, failed: 3, timeout: 0 });
    expect(ticks["hanging"]).toMatchObject({ success: 0, failed: 0, timeout: 3 });
    expect(ticks["good"]).toMatchObject({ failed: 0, timeout: 0, rejected: 0 });
    const { status, body: health } = await get(`${collector.url}/health`);
    expect(status).toBe(503);
    expect(health).toMatchObject({ status: "fail", vitalsStatus: "critical" });
    const { body: alerts } = await get(`${collector.url}/api/v1/alerts`);
    expect((alerts["alerts"] as { labels: { component: string } }[]).map(({ labels }) => labels.component)).toEqual(
      expect.arrayContaining(["collection:failing", "source:hanging"]),
    );
    const printed = await command(["health", "-c", "otel-config.yaml", "--listen", new URL(collector.url).host]);
    expect(printed).toMatchObject({ code: 1, stdout: expect.stringMatching(/^critical: /) as string });
    expect((await fetch(`${collector.url}/livez`)).status).toBe(200);
  });

  it("the server with a token rejects requests without it and reveals nothing", async () => {
    await using collector = await running([], { env: { VITALS_TOKEN: "s3cret" } });
    const { url } = collector;
    const authorization = "Bearer s3cret";
    expect(await (await fetch(`${url}/livez?verbose`)).text()).toBe("ok\n");
    expect(Object.keys((await get(`${url}/health`)).body)).toEqual(["status", "vitalsStatus"]);
    expect((await get(`${url}/health`, { authorization })).body).toHaveProperty("checks");
    for (const path of ["metrics", "api/v1/collections", "api/v1/events", ""]) {
      const refused = await get(`${url}/${path}`, { authorization: "Bearer wrong" });
      expect([path, refused.status, refused.headers.get("www-authenticate")]).toEqual([
        path,
        401,
        'Bearer realm="otel-vitals", error="invalid_token"',
      ]);
    }
    const paused = await fetch(`${url}/api/v1/collections/graph/pause`, { method: "POST", headers: { authorization } });
    expect(await paused.json()).toMatchObject({ name: "graph", state: "paused" });
    const resumed = await fetch(`${url}/api/v1/collections/graph/resume`, { method: "POST", headers: { authorization } });
    expect(await resumed.json()).toMatchObject({ state: "running" });
    expect(collector.log.map((entry) => JSON.stringify(entry)).join()).not.toContain("s3cret");
  });
});

describe("a token in a file", () => {
  it("the server requires the token of token_file, and refuses to start if that file is missing or empty", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-token-"));
    const file = join(folder, "token");
    const args = ["--set", `collector.server.token_file=${file}`];
    expect(await command(["run", "--listen", "127.0.0.1:0", ...args])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("no such file") as string,
    });
    writeFileSync(file, "\n");
    expect(await command(["run", "--listen", "127.0.0.1:0", ...args])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("found an empty file") as string,
    });
    writeFileSync(file, "from-file\n");
    await using collector = await running(args);
    expect((await fetch(`${collector.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${collector.url}/metrics`, { headers: { authorization: "Bearer from-file" } })).status).toBe(200);
    rmSync(folder, { recursive: true });
  });
});

describe("the command line", () => {
  it("the command prints help, and exits with code 2 for unknown commands and options", async () => {
    expect(await command(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
    expect((await command(["--help"])).stdout).toContain("validate");
    expect((await command(["once", "--help"])).stdout).toContain("--format");
    expect(await command(["vaildate"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('unknown command "vaildate"; did you mean "validate"?') as string,
    });
    expect(await command(["run", "--confg", "x"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "--config"?') as string,
    });
    expect(await command(["once", "--format", "xml"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected json, prom or table") as string,
    });
  });

  it("otel-vitals validate exits with code 3 and prints each problem on its own line", async () => {
    expect(await command(["validate"])).toMatchObject({ code: 0, stdout: "otel-config.yaml is valid\n" });
    const wrong = await command(["validate", "--set", "collector.collections.analytics.interval=0", "--set", "collector.windws=[1m]"]);
    expect(wrong).toMatchObject({ code: 3 });
    expect(wrong.stdout.trim().split("\n")).toHaveLength(3);
    const json = JSON.parse((await command(["validate", "--json", "--set", "collector.windws=[1m]"])).stdout) as {
      valid: boolean;
      problems: object[];
    };
    expect(json).toMatchObject({ valid: false, problems: [{ severity: "error", path: "collector.windws" }] });
    expect(await command(["run", "-c", "nope.yaml"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("no such file") as string,
    });
  });

  it("otel-vitals once prints one sample of each collection in three formats", async () => {
    const table = await command(["once"]);
    expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/^analytics {2}success in [\d.]+ ms$/m) as string });
    const waiting = await command(["once", "--set", "collector.sources.agent.path=nope.jsonl"]);
    expect(waiting).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^graph {2}waiting for the first write: memory file /m) as string,
    });
    const json = JSON.parse((await command(["once", "--format", "json"])).stdout) as { collection: string; outcome: string }[];
    expect(json.map(({ collection, outcome }) => `${collection} ${outcome}`).sort()).toEqual([
      "analytics success",
      "graph success",
      "memory success",
    ]);
    expect((await command(["once", "--format", "prom"])).stdout).toMatch(/^graph_edge_count\{/m);
  });

  it("otel-vitals check reads every source and makes one export", async () => {
    await using backend = await serveHttp((request, response) =>
      request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}")),
    );
    const reader = (url: string): string =>
      `meter_provider.readers=[{ periodic: { exporter: { otlp_http: { endpoint: "${url}/v1/metrics", encoding: json } } } }]`;
    const fine = await command(["check", "--set", reader(backend.url)]);
    expect(fine).toMatchObject({ code: 0, stdout: expect.stringContaining("● exporter otlp: accepted one export") as string });
    const missing = await command(["check", "--set", "collector.sources.agent.path=nope.jsonl"]);
    expect(missing).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^○ collection graph: waiting for the first write: memory file ".*\/nope\.jsonl" is not there yet/m,
      ) as string,
    });
    const folder = await command(["check", "--set", "collector.sources.agent.path=."]);
    expect(folder).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('✖ collection graph: invalid: memory file "." is a folder') as string,
    });
  });

  it("otel-vitals init writes a valid file, and never overwrites one", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "vitals-init-"));
    expect(await command(["init"], { cwd })).toMatchObject({ code: 0 });
    expect(await command(["validate"], { cwd })).toMatchObject({ code: 0 });
    expect(await command(["init"], { cwd })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("exists already and was not changed") as string,
    });
    rmSync(cwd, { recursive: true });
  });

  it("otel-vitals health exits with code 4 if nothing answers", async () => {
    expect(await command(["health", "--listen", "127.0.0.1:9"])).toMatchObject({
      code: 4,
      stdout: expect.stringContaining("no collector responds at 127.0.0.1:9") as string,
    });
  });

  it("otel-vitals run reports a port in use on one line, and refuses an open address without a token", async () => {
    await using other = await serveHttp(() => {});
    const taken = await command(["run", "--listen", new URL(other.url).host]);
    expect(taken.code).toBe(1);
    expect(taken.stderr.trim().split("\n")).toEqual([
      expect.stringMatching(
        /^cannot listen on 127\.0\.0\.1:\d+: the address is in use; stop the program .*, or choose another port \(--listen HOST:PORT\)$/,
      ),
    ]);
    expect(await command(["run", "--listen", "0.0.0.0:0"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("expected a token or token_file as well, because other machines can reach this address") as string,
    });
  });
});
