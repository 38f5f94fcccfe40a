import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compose } from "../../src/cli/compose.ts";
import { lineOf } from "../../src/config/document.ts";
import { loadConfig } from "../../src/config/load.ts";
import { serveHttp } from "../support/http-server.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-otel-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

const COLLECTOR = "collector: { sources: { here: { kind: host } }, collections: { a: { source: here } } }\n";

/** Loads a file with these OpenTelemetry sections, or none. */
async function load(
  sections: string | undefined,
  { format = "1.0", env = {} }: { readonly format?: string; readonly env?: Record<string, string> } = {},
) {
  if (sections !== undefined) writeFileSync(join(cwd, "otel-config.yaml"), `file_format: "${format}"\n${sections}${COLLECTOR}`);
  const { config, problems } = await loadConfig({ env, cwd });
  return { config, problems: problems.map((problem) => lineOf(problem).replace(/^otel-config\.yaml:/, "")) };
}

/** `target_info` of a configuration. */
async function targetInfo(sections: string, env: Record<string, string> = {}): Promise<string> {
  const { config } = await load(sections, { env });
  if (!config) throw new Error("the configuration is invalid");
  const meterProvider = { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] };
  const { collector, telemetry } = await compose({ ...config, meterProvider });
  const { text } = (await telemetry.scrape?.()) ?? { text: "" };
  await collector.shutdown();
  await telemetry.shutdown(1_000);
  return /^target_info.*$/m.exec(text)?.[0] ?? "";
}

/** Every setting of the standard's examples, as far as this program has one: defaults, nulls, and variables that are not set. */
const LIKE_THE_EXAMPLES = `disabled: \${OTEL_SDK_DISABLED:-false}
log_level: info
resource:
  attributes:
    - name: service.name
      value: \${OTEL_SERVICE_NAME:-unknown_service}
  detection/development:
    detectors: [{ service: }, { host: }, { process: }, { container: }]
attribute_limits:
  attribute_value_length_limit: \${LENGTH_LIMIT}
propagator: { composite: [{ tracecontext: }, { baggage: }] }
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            headers_list: \${TRACES_HEADERS}
meter_provider:
  readers:
    - periodic:
        interval: \${OTEL_METRIC_EXPORT_INTERVAL:-60000}
        timeout: 30000
        exporter:
          otlp_http:
            endpoint: \${OTEL_EXPORTER_OTLP_ENDPOINT:-http://localhost:4318}/v1/metrics
            tls: { ca_file: null, key_file: null, cert_file: null }
            compression: gzip
            timeout: 10000
            temporality_preference: cumulative
            default_histogram_aggregation: explicit_bucket_histogram
  exemplar_filter: \${OTEL_METRICS_EXEMPLAR_FILTER:-trace_based}
logger_provider:
  processors:
    - batch: { exporter: { otlp_http: { tls: { ca_file: null, key_file: null, cert_file: null } } } }
  limits: { attribute_value_length_limit: null, attribute_value_depth_limit: 64, attribute_count_limit: 128 }
instrumentation/development:
  general:
    stability_opt_in_list: \${OPT_IN}
`;

describe("OpenTelemetry's part of a configuration", () => {
  it("loadConfig accepts the settings of the standard's example files, and warns only about those it ignores", async () => {
    const { config, problems } = await load(LIKE_THE_EXAMPLES, { format: "1.1" });
    expect(problems.filter((line) => !line.includes("warning: "))).toEqual([]);
    expect(problems.map((line) => line.replace(/^\S+ (\S+): .*$/, "$1"))).toEqual([
      "log_level",
      "resource.detection/development",
      "attribute_limits",
      "propagator",
      "tracer_provider",
      "instrumentation/development",
    ]);
    expect(config).toMatchObject({
      resource: { "service.name": "unknown_service" },
      meterProvider: {
        readers: [{ periodic: { interval: 60_000, exporter: { otlp_http: { endpoint: "http://localhost:4318/v1/metrics" } } } }],
      },
    });
  });

  it("loadConfig warns about a version of the format that is newer than what it knows, and refuses another major version", async () => {
    expect((await load("", { format: "1.1" })).problems).toEqual([]);
    expect((await load("", { format: "1.0-rc.3" })).problems).toEqual([]);
    const { config, problems } = await load("", { format: "1.12" });
    expect(config).toBeDefined();
    expect(problems).toEqual([expect.stringMatching(/^1:14 file_format: warning: newer than "1\.1", the newest version/)]);
    expect((await load("", { format: "2.0" })).config).toBeUndefined();
  });

  it("loadConfig warns that /metrics has no scope labels where a file asks for them", async () => {
    const reader = (options: string) =>
      `meter_provider:\n  readers:\n    - pull: { exporter: { prometheus/development: { ${options} } } }\n`;
    expect((await load(reader("scope_info_enabled: false, without_scope_info: true"))).problems).toEqual([]);
    expect((await load(reader("scope_info_enabled: true"))).problems).toEqual([
      expect.stringMatching(/^4:73 meter_provider\S+scope_info_enabled: warning: \/metrics has no scope labels; the setting is ignored$/),
    ]);
  });

  it("loadConfig decodes attributes_list like OTEL_RESOURCE_ATTRIBUTES, and warns about entries that are no key=value", async () => {
    const list = "service.name=my%20svc,team=a%2Cb, zone = z ,broken,a%2Eb=c";
    const file = await load(`resource:\n  attributes_list: "${list}"\n`);
    rmSync(join(cwd, "otel-config.yaml"));
    const variable = await load(undefined, { env: { OTEL_RESOURCE_ATTRIBUTES: list } });
    expect(file.config?.resource).toEqual({ "service.name": "my svc", team: "a,b", zone: "z", "a.b": "c" });
    expect(variable.config?.resource).toEqual(file.config?.resource);
    const problem = "warning: entry 4: expected key=value; the entry is ignored";
    expect(file.problems).toEqual([`3:20 resource.attributes_list: ${problem}`]);
    expect(variable.problems).toEqual([expect.stringContaining("warning: OTEL_RESOURCE_ATTRIBUTES: entry 4: expected key=value")]);
  });

  it("an attribute without a value keeps its default, in target_info and in the identity of alerts", async () => {
    const attributes = `resource:\n  attributes: [{ name: service.instance.id, value: "\${ID}" }, { name: team, value: null }, { name: service.name, value: "\${N}" }]\n`;
    const { config } = await load(attributes);
    expect(config?.resource).toEqual({});
    expect(await targetInfo(attributes)).toMatch(/service_instance_id="[0-9a-f-]{36}".*service_name="otel-vitals"/);
    expect(await targetInfo(`resource:\n  attributes_list: "service.instance.id=,team=x"\n`)).toMatch(
      /service_instance_id="[0-9a-f-]{36}".*team="x"/,
    );
  });

  it("the schema URL of the resource is exported with it, and an empty one is not", async () => {
    const urls: unknown[] = [];
    await using backend = await serveHttp((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += String(chunk)));
      request.on("end", () => {
        const { resourceMetrics } = JSON.parse(body) as { readonly resourceMetrics: readonly { readonly schemaUrl?: string }[] };
        urls.push(...resourceMetrics.map(({ schemaUrl }) => schemaUrl));
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
    const reader = `meter_provider:\n  readers: [{ periodic: { exporter: { otlp_http: { endpoint: "${backend.url}", encoding: json } } } }]\n`;
    for (const setting of ["https://opentelemetry.io/schemas/1.39.0", "", "null"]) {
      const { config, problems } = await load(`resource: { schema_url: ${setting || '""'} }\n${reader}`);
      expect(problems).toEqual([]);
      if (!config) throw new Error("the configuration is invalid");
      const { collector, telemetry } = await compose(config);
      await telemetry.forceFlush(5_000);
      await collector.shutdown();
      await telemetry.shutdown(1_000);
    }
    expect(new Set(urls)).toEqual(new Set(["https://opentelemetry.io/schemas/1.39.0", undefined]));
    expect(urls[0]).toBe("https://opentelemetry.io/schemas/1.39.0");
  });

  it.each([
    ['{ name: a, value: "1", type: string }', []],
    ["{ name: a, value: 1.5, type: double }", []],
    ["{ name: a, value: [1, 2], type: int_array }", []],
    ["{ name: a, value: null, type: bool }", []],
    [
      "{ name: a, value: 1, type: string }",
      [/^3:34 resource\.attributes\.0\.value: expected text in quotes, because its type is string; found 1$/],
    ],
    ["{ name: a, value: 1.5, type: int }", [/value: expected a whole number, because its type is int; found 1\.5$/]],
    ['{ name: a, value: "true", type: bool }', [/value: expected true or false, because its type is bool; found "true"$/]],
    [
      "{ name: a, value: 1, type: int_array }",
      [/value: expected a list of values that are a whole number each, because its type is int_array; found 1$/],
    ],
    [
      "{ name: a, value: [1], type: string_array }",
      [/value: expected a list of values that are text in quotes each, because its type is string_array/],
    ],
    ["{ name: a, value: 1, type: integer }", [/type: expected string, bool, int, .*found "integer"/]],
    ["{ name: a, value: 1, type: double }", [/^3:43 resource\.attributes\.0\.type: warning: whole numbers are exported as integers/]],
  ])("loadConfig checks the type of the attribute %s", async (attribute, expected) => {
    const { problems } = await load(`resource:\n  attributes: [${attribute}]\n`);
    expect(problems).toEqual(expected.map((each) => expect.stringMatching(each) as string));
  });

  it("loadConfig refuses headers that HTTP does not allow with line and column, without their values", async () => {
    const sections = `meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_http:
            headers: [{ name: "x bad", value: "hunter2" }, { name: api-key, value: "hunter2\\nb" }]
            headers_list: "novalue,x-k: hunter2"
`;
    const { problems } = await load(sections);
    expect(problems.map((line) => line.replace(/^(\S+) \S+\.otlp_http\.(\S+): .*$/, "$1 $2"))).toEqual([
      "7:31 headers.0.name",
      "7:84 headers.1.value",
      "8:27 headers_list",
    ]);
    expect(problems.join()).not.toMatch(/hunter2|novalue/);
  });

  it("alert sinks refuse headers that HTTP does not allow", async () => {
    const sinks = `collector:\n  alerts:\n    webhook: { url: "http://127.0.0.1/", headers: { "x bad": a } }\n    alertmanager: { url: "http://127.0.0.1/", headers: { x: "a\\nb" } }\n`;
    writeFileSync(join(cwd, "otel-config.yaml"), `file_format: "1.0"\n${sinks}`);
    const { problems } = await loadConfig({ env: {}, cwd });
    expect(problems.map(lineOf).filter((line) => line.includes("valid HTTP header"))).toHaveLength(2);
  });
});
