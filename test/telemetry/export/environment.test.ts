import { describe, expect, it } from "vitest";
import { headersOf } from "../../../src/telemetry/export/connection.ts";
import { telemetryFromEnvironment } from "../../../src/telemetry/export/environment.ts";
import { meterProviderOptions } from "../../../src/telemetry/export/options.ts";

const PULL = { pull: { exporter: { "prometheus/development": {} } } };

/** The periodic reader that the variables configure, with all defaults. */
function pushOf(env: Record<string, string>) {
  const { readers } = meterProviderOptions.parse(telemetryFromEnvironment(env).meterProvider);
  const { interval, exporter } = readers.flatMap(({ periodic }) => periodic ?? [])[0] ?? {};
  return exporter && { interval, ...exporter.otlp_http };
}

describe("telemetryFromEnvironment", () => {
  it("telemetryFromEnvironment returns only the Prometheus reader without an endpoint", () => {
    const withoutEndpoint = { OTEL_EXPORTER_OTLP_HEADERS: "a=b", OTEL_METRIC_EXPORT_INTERVAL: "5000" };
    for (const env of [{}, withoutEndpoint, { OTEL_EXPORTER_OTLP_ENDPOINT: "" }])
      expect(telemetryFromEnvironment(env)).toEqual({ meterProvider: { readers: [PULL] }, resource: {}, disabled: false, warnings: [] });
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://h:4318" }, "http://h:4318/v1/metrics"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://h:4318/" }, "http://h:4318/v1/metrics"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "https://h/otlp?tenant=1" }, "https://h/otlp/v1/metrics?tenant=1"],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://h:4318/own" }, "http://h:4318/own"],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://own", OTEL_EXPORTER_OTLP_ENDPOINT: "http://general" }, "http://own"],
  ])("telemetryFromEnvironment reads from %j the endpoint %s", (env: Record<string, string>, endpoint) => {
    expect(pushOf(env)?.endpoint).toBe(endpoint);
  });

  it("telemetryFromEnvironment prefers the variables for metrics to the general ones", () => {
    expect(
      pushOf({
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://h",
        OTEL_EXPORTER_OTLP_HEADERS: "a=1",
        OTEL_EXPORTER_OTLP_METRICS_HEADERS: "a=2",
        OTEL_EXPORTER_OTLP_TIMEOUT: "3000",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
        OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        OTEL_METRIC_EXPORT_INTERVAL: "5000",
      }),
    ).toMatchObject({ headers_list: "a=2", timeout: 3_000, encoding: "json", compression: "gzip", interval: 5_000 });
  });

  it("telemetryFromEnvironment exports as protobuf every minute by default", () => {
    expect(pushOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://h" })).toMatchObject({ encoding: "protobuf", interval: 60_000, timeout: 10_000 });
  });

  it("telemetryFromEnvironment prefers OTEL_SERVICE_NAME to the name among the resource attributes", () => {
    const env = { OTEL_SERVICE_NAME: "mine", OTEL_RESOURCE_ATTRIBUTES: "service.name=other, team=a%20b,broken,x=%zz" };
    expect(telemetryFromEnvironment(env).resource).toEqual({ "service.name": "mine", team: "a b", x: "%zz" });
  });

  it("telemetryFromEnvironment obeys OTEL_SDK_DISABLED", () => {
    expect(telemetryFromEnvironment({ OTEL_SDK_DISABLED: "TRUE" }).disabled).toBe(true);
    expect(telemetryFromEnvironment({ OTEL_SDK_DISABLED: "1" }).disabled).toBe(false);
  });

  it.each([
    [
      { OTEL_METRIC_EXPORT_INTERVAL: "50" },
      /^OTEL_METRIC_EXPORT_INTERVAL: expected .* from 100 to 86400000, found "50"; using the default$/,
    ],
    [{ OTEL_METRIC_EXPORT_INTERVAL: "5s" }, /^OTEL_METRIC_EXPORT_INTERVAL: .*found "5s"/],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: "1e9" }, /^OTEL_EXPORTER_OTLP_TIMEOUT: .* from 1 to 600000/],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /^OTEL_EXPORTER_OTLP_PROTOCOL: expected http\/protobuf or http\/json, found "grpc"/],
  ])("telemetryFromEnvironment warns about %j and uses the default", (env: Record<string, string>, warning) => {
    const all = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://h", ...env };
    expect(telemetryFromEnvironment(all).warnings).toEqual([expect.stringMatching(warning)]);
    expect(pushOf(all)).toMatchObject({ interval: 60_000, timeout: 10_000, encoding: "protobuf" });
  });

  it("telemetryFromEnvironment sends each signal to its own path of the endpoint, or to its own URL", () => {
    const logsOf = (env: Record<string, string>) => telemetryFromEnvironment(env).loggerProvider?.processors[0]?.batch?.exporter.otlp_http;
    const general = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://h:4318", OTEL_EXPORTER_OTLP_HEADERS: "a=1" };
    expect(logsOf(general)).toEqual({ endpoint: "http://h:4318/v1/logs", headers_list: "a=1", encoding: "protobuf" });
    const own = { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://own/x", OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/json" };
    expect(logsOf({ ...general, ...own })).toMatchObject({ endpoint: "http://own/x", encoding: "json" });
    expect(pushOf(own)).toBeUndefined();
    expect(logsOf({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://h/m" })).toBeUndefined();
    expect(logsOf({ ...general, OTEL_LOGS_EXPORTER: "none" })).toBeUndefined();
  });

  it("telemetryFromEnvironment never shows a URL, which may contain a password", () => {
    const { warnings, meterProvider } = telemetryFromEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: "user:hunter2@h:4318" });
    expect(warnings).toEqual(["OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https URL without credentials; nothing is exported"]);
    expect(meterProvider.readers).toEqual([PULL]);
  });

  const logsOf = (env: Record<string, string>) => telemetryFromEnvironment(env).loggerProvider?.processors[0]?.batch?.exporter.otlp_http;
  const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://h:4318" };

  it.each([
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: "none" }, undefined, []],
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: "prometheus" }, undefined, []],
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: "otlp" }, "http://h:4318/v1/metrics", []],
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: " OTLP , prometheus" }, "http://h:4318/v1/metrics", []],
    [{ OTEL_METRICS_EXPORTER: "otlp" }, "http://localhost:4318/v1/metrics", []],
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: "" }, "http://h:4318/v1/metrics", []],
    [
      { ...ENDPOINT, OTEL_METRICS_EXPORTER: "console" },
      undefined,
      [/^OTEL_METRICS_EXPORTER: expected otlp, prometheus or none, found "console"/],
    ],
    [
      { ...ENDPOINT, OTEL_METRICS_EXPORTER: "otlp,zipkin" },
      "http://h:4318/v1/metrics",
      [/^OTEL_METRICS_EXPORTER: .* found "zipkin"; .*left out$/],
    ],
  ])("telemetryFromEnvironment with %j pushes metrics to %s, and always serves them", (env: Record<string, string>, endpoint, warnings) => {
    expect(pushOf(env)?.endpoint).toBe(endpoint);
    const all = telemetryFromEnvironment(env);
    expect(all.meterProvider.readers?.[0]).toEqual(PULL);
    expect(all.warnings).toEqual(warnings.map((each) => expect.stringMatching(each) as string));
  });

  it("telemetryFromEnvironment pushes log records as OTEL_LOGS_EXPORTER says", () => {
    expect(logsOf({ OTEL_LOGS_EXPORTER: "otlp" })?.endpoint).toBe("http://localhost:4318/v1/logs");
    expect(logsOf({ ...ENDPOINT, OTEL_LOGS_EXPORTER: "None" })).toBeUndefined();
    expect(logsOf({ ...ENDPOINT, OTEL_METRICS_EXPORTER: "none" })?.endpoint).toBe("http://h:4318/v1/logs");
    const { warnings } = telemetryFromEnvironment({ ...ENDPOINT, OTEL_LOGS_EXPORTER: "console" });
    expect(warnings).toEqual([expect.stringMatching(/^OTEL_LOGS_EXPORTER: expected otlp or none, found "console"/)]);
  });

  it.each([
    ["cumulative", "cumulative", []],
    ["Delta", "delta", []],
    ["lowmemory", "low_memory", []],
    ["", "cumulative", []],
    ["always", "cumulative", [/^OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: expected .*, found "always"; using cumulative$/]],
  ])("telemetryFromEnvironment takes the temporality preference %s as %s", (preference, expected, warnings) => {
    const env = { ...ENDPOINT, OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference };
    expect(pushOf(env)?.temporality_preference).toBe(expected);
    expect(telemetryFromEnvironment(env).warnings).toEqual(warnings.map((each) => expect.stringMatching(each) as string));
  });

  it.each([
    ["x-k: hunter2", {}, [/: entry 1: expected key=value, found a colon after "x-k"; the entry is ignored$/]],
    ["a=1,hunter2", { a: "1" }, [/: entry 2: expected key=value; the entry is ignored$/]],
    [
      '"Authorization=Bearer hunter2"',
      {},
      [/: entry 1 \(""Authorization"\): expected a valid HTTP header, whose name .*; the entry is ignored$/],
    ],
    ["x-k=größe,b=x%20y", { b: "x y" }, [/: entry 1 \("x-k"\): expected a valid HTTP header, whose value/]],
    ["x-k=a%0Ahunter2", {}, [/: entry 1 \("x-k"\): expected a valid HTTP header, whose value/]],
  ])(
    "telemetryFromEnvironment leaves out the headers of %s that HTTP does not allow, with a warning without their values",
    (list, sent, expected) => {
      for (const [variable, env] of [
        ["OTEL_EXPORTER_OTLP_HEADERS", { OTEL_EXPORTER_OTLP_HEADERS: list }],
        ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", { OTEL_EXPORTER_OTLP_METRICS_HEADERS: list }],
      ] as const) {
        const { warnings } = telemetryFromEnvironment({ ...ENDPOINT, ...env });
        expect(warnings).toEqual(expected.map((each) => expect.stringMatching(each) as string));
        for (const warning of warnings) expect(warning.startsWith(`${variable}: `)).toBe(true);
        expect(warnings.join()).not.toContain("hunter2");
        const options = pushOf({ ...ENDPOINT, ...env });
        if (!options) throw new Error("nothing is pushed");
        expect(headersOf(options)).toEqual(sent);
      }
    },
  );

  it("telemetryFromEnvironment names what it does not support, once for both signals", () => {
    const { warnings } = telemetryFromEnvironment({
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_CERTIFICATE: "/a.pem",
      OTEL_EXPORTER_OTLP_COMPRESSION: "zstd",
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram",
      OTEL_SDK_DISABLED: "1",
    });
    expect(warnings).toEqual([
      'OTEL_EXPORTER_OTLP_COMPRESSION: expected none or gzip, found "zstd"; using none',
      "OTEL_EXPORTER_OTLP_CERTIFICATE: not supported; the variable is ignored",
      expect.stringMatching(/^OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: expected explicit_bucket_histogram, found/),
      'OTEL_SDK_DISABLED: expected false or true, found "1"; using false',
    ]);
  });

  it("telemetryFromEnvironment reads the timeout of exports", () => {
    const reader = telemetryFromEnvironment({ ...ENDPOINT, OTEL_METRIC_EXPORT_TIMEOUT: "7000" }).meterProvider.readers?.[1];
    expect(reader).toMatchObject({ periodic: { timeout: 7_000 } });
  });
});
