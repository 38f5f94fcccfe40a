import { describe, expect, it } from "vitest";
import { headersOf } from "../../../src/telemetry/export/connection.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { meterProviderOptions } from "../../../src/telemetry/export/options.ts";

const pushing = (otlp: object | null, reader: object = {}) => ({ readers: [{ periodic: { ...reader, exporter: { otlp_http: otlp } } }] });
const scraped = (options: object) => ({ readers: [{ pull: { exporter: { "prometheus/development": options } } }] });

describe("meterProviderOptions", () => {
  it.each([
    [{ views: [] }, /views is not supported/],
    [{ exemplar_filter: "always_on" }, /exemplar_filter is not supported/],
    [{ readers: [{ periodic: { exporter: { otlp_grpc: {} } } }] }, /otlp_grpc is not supported/],
    [{ readers: [{ periodic: { exporter: { console: {} } } }] }, /the exporter console is not supported/],
    [pushing({ tls: { ca_file: "x" } }), /tls is not supported/],
    [pushing({ default_histogram_aggregation: "x" }), /default_histogram_aggregation is not supported/],
    [pushing({}, { producers: [] }), /producers is not supported/],
    [pushing({}, { cardinality_limits: {} }), /cardinality_limits is not supported/],
    [scraped({ translation_strategy: "no_translation/development" }), /translation_strategy is not supported/],
    [scraped({ without_scope_info: true }), /without_scope_info is not supported/],
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

  it("createTelemetry throws config_invalid for an unsupported meter provider", () => {
    const views = { readers: [], views: [] } as unknown as Parameters<typeof createTelemetry>[0];
    expect(() => createTelemetry(views, { resource: {} })).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringMatching(/views is not supported/) as string }) as Error,
    );
  });
});

describe("headersOf", () => {
  it("headersOf merges the list with the entries, which take precedence, and skips malformed ones", () => {
    const headers = [
      { name: "a", value: "2" },
      { name: "n", value: null },
    ];
    expect(headersOf({ headers_list: "a=1, b=x%20y,broken,c=%zz", headers })).toEqual({ a: "2", b: "x y", c: "%zz" });
    expect(headersOf({ headers_list: null, headers: null })).toEqual({});
  });
});
