import { describe, expect, it } from "vitest";
import { headersOf } from "../../../src/telemetry/export/connection.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { meterProviderOptions } from "../../../src/telemetry/export/options.ts";

const pushing = (otlp: object | null, reader: object = {}) => ({ readers: [{ periodic: { ...reader, exporter: { otlp_http: otlp } } }] });
const scraped = (options: object) => ({ readers: [{ pull: { exporter: { "prometheus/development": options } } }] });

describe("meterProviderOptions", () => {
  it.each([
    [{ views: [{ selector: { instrument_name: "x" } }] }, /views is not supported/],
    [{ exemplar_filter: "always_on" }, /exemplar_filter is not supported/],
    [{ readers: [{ periodic: { exporter: { otlp_grpc: {} } } }] }, /otlp_grpc is not supported/],
    [{ readers: [{ periodic: { exporter: { console: {} } } }] }, /the exporter console is not supported/],
    [pushing({ tls: { ca_file: "x" } }), /tls is not supported/],
    [pushing({ default_histogram_aggregation: "x" }), /default_histogram_aggregation is not supported/],
    [pushing({}, { producers: [{ opencensus: null }] }), /producers is not supported/],
    [pushing({}, { cardinality_limits: { default: 5 } }), /cardinality_limits is not supported/],
    [scraped({ translation_strategy: "no_translation/development" }), /translation_strategy is not supported/],
    [scraped({ "target_info_enabled/development": false }), /target_info_enabled is not supported/],
    [scraped({ resource_constant_labels: { included: ["a"] } }), /resource_constant_labels is not supported/],
    [pushing({ max_request_size: 1 }), /max_request_size is not supported/],
    [{ readers: [{ periodic: { exporter: { otlp_grpc: null } } }] }, /otlp_grpc is not supported/],
    [{ readers: [{ periodic: { exporter: {} } }] }, /required, but missing; expected a map/],
    [{ readers: [{}] }, /either periodic or pull/],
    [pushing({ endpoint: "/v1/metrics" }), /http or https URL/],
    [pushing({ endpoint: "grpc://h:4317" }), /http or https URL/],
    [pushing({}, { interval: 0 }), /from 100 to 86400000/],
    [pushing({ timeout: 0 }), /from 1 to 600000/],
    [pushing({ timeout: Number.NaN }), /from 1 to 600000/],
    [pushing({ encoding: "xml" }), /protobuf/],
  ])("meterProviderOptions rejects %j", (config, message) => {
    expect(meterProviderOptions.safeParse(config).error?.message).toMatch(message);
  });

  it("meterProviderOptions fills in the standard's defaults, also for null, which an unset variable leaves", () => {
    const nulls = { endpoint: null, headers: null, compression: null, timeout: null, encoding: null, temporality_preference: null };
    for (const config of [pushing(null), pushing({}), pushing(nulls, { interval: null, timeout: null })]) {
      expect(meterProviderOptions.parse(config).readers[0]?.periodic).toMatchObject({
        interval: 60_000,
        timeout: 30_000,
        exporter: {
          otlp_http: {
            endpoint: "http://localhost:4318/v1/metrics",
            timeout: 10_000,
            encoding: "protobuf",
            temporality_preference: "cumulative",
          },
        },
      });
    }
  });

  it("meterProviderOptions accepts unsupported settings that are null, empty, or at their defaults", () => {
    const otlp = {
      tls: { ca_file: null, key_file: null, cert_file: "" },
      max_request_size: 67_108_864,
      max_response_size: null,
      default_histogram_aggregation: "explicit_bucket_histogram",
    };
    const prometheus = {
      host: null,
      port: null,
      scope_info_enabled: true,
      "target_info_enabled/development": true,
      resource_constant_labels: { included: null, excluded: [] },
      translation_strategy: "underscore_escaping_with_suffixes",
    };
    const reader = { producers: null, cardinality_limits: { default: null }, "max_export_batch_size/development": null };
    const both = { readers: [...pushing(otlp, reader).readers, ...scraped(prometheus).readers] };
    const outside = { views: [], "meter_configurator/development": null };
    for (const exemplar_filter of [null, "trace_based", "always_off"])
      expect(meterProviderOptions.safeParse({ ...both, ...outside, exemplar_filter }).error?.message).toBeUndefined();
    expect(meterProviderOptions.parse({ readers: null })).toEqual({ readers: [] });
  });

  it.each(["console", "otlp_grpc", "otlp_file/development", "otlp_htp"])(
    "meterProviderOptions names the exporter %s in one problem",
    (kind) => {
      const { error } = meterProviderOptions.safeParse({ readers: [{ periodic: { exporter: { [kind]: {} } } }] });
      expect(error?.issues).toHaveLength(1);
      expect(error?.message).toContain(kind.replace("/development", ""));
    },
  );

  it.each([
    [{ headers: [{ name: "x bad", value: "1" }] }, ["headers", 0, "name"], /expected a valid HTTP header, whose name/],
    [{ headers: [{ name: "", value: "1" }] }, ["headers", 0, "name"], /expected a valid HTTP header, whose name/],
    [
      {
        headers: [
          { name: "a", value: null },
          { name: "api-key", value: "a\nb" },
        ],
      },
      ["headers", 1, "value"],
      /expected a valid HTTP header, whose value/,
    ],
    [{ headers: [{ name: "api-key", value: "größe" }] }, ["headers", 0, "value"], /expected a valid HTTP header, whose value/],
    [{ headers_list: "a=1,novalue" }, ["headers_list"], /^entry 2: expected key=value$/],
    [{ headers_list: "x-k: abc" }, ["headers_list"], /^entry 1: expected key=value, found a colon after "x-k"$/],
    [
      { headers_list: '"Authorization=Bearer abc"' },
      ["headers_list"],
      /^entry 1 \(""Authorization"\): expected a valid HTTP header, whose name/,
    ],
    [
      { headers_list: "x-k=a%0Ab,=c" },
      ["headers_list"],
      /^entry 1 \("x-k"\): expected a valid HTTP header, whose value .*; entry 2: expected/,
    ],
  ])("meterProviderOptions refuses the headers %j, which every export would fail with", (otlp, inner, message) => {
    const path = ["readers", 0, "periodic", "exporter", "otlp_http", ...inner];
    expect(meterProviderOptions.safeParse(pushing(otlp)).error?.issues).toEqual([
      expect.objectContaining({ path, message: expect.stringMatching(message) as string }),
    ]);
  });

  it("createTelemetry throws config_invalid for an unsupported meter provider", () => {
    const views = { readers: [], views: [{}, 1] } as unknown as Parameters<typeof createTelemetry>[0];
    expect(() => createTelemetry(views, { resource: {} })).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringMatching(/views is not supported/) as string }) as Error,
    );
  });
});

describe("headersOf", () => {
  it("headersOf merges the list with the entries, which take precedence", () => {
    const headers = [
      { name: "a", value: "2" },
      { name: "n", value: null },
    ];
    expect(headersOf({ headers_list: "a=1, b=x%20y,,c=%zz", headers })).toEqual({ a: "2", b: "x y", c: "%zz" });
    expect(headersOf({ headers_list: null, headers: null })).toEqual({});
  });
});
