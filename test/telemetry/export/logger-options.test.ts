import { describe, expect, it } from "vitest";
import { loggerProviderOptions } from "../../../src/telemetry/export/options.ts";

const through = (otlp: object | null, batch: object = {}) => ({ processors: [{ batch: { ...batch, exporter: { otlp_http: otlp } } }] });

describe("loggerProviderOptions", () => {
  it.each([
    [{}, /processors/],
    [{ processors: [] }, /processors/],
    [{ processors: [{}] }, /either batch or simple/],
    [{ processors: [{ ...through({}).processors[0], simple: { exporter: { otlp_http: {} } } }] }, /either batch or simple/],
    [{ processors: [{ "event_to_span_event_bridge/development": {} }] }, /event_to_span_event_bridge is not supported/],
    [{ processors: [{ batch: { exporter: { console: {} } } }] }, /the exporter console is not supported/],
    [{ processors: [{ simple: { exporter: { otlp_grpc: {} } } }] }, /the exporter otlp_grpc is not supported/],
    [{ ...through({}), "logger_configurator/development": { default_config: { enabled: false } } }, /logger_configurator is not supported/],
    [{ ...through({}), limits: { attribute_value_depth_limit: 3 } }, /attribute_value_depth_limit is not supported/],
    [through({ tls: { ca_file: "x" } }), /tls is not supported/],
    [through({ max_request_size: 1 }), /max_request_size is not supported/],
    [through({ temporality_preference: "delta" }), /temporality_preference/],
    [through({ endpoint: "/v1/logs" }), /http or https URL/],
    [through({ timeout: 0 }), /from 1 to 600000/],
    [through({ encoding: "xml" }), /protobuf/],
    [through({}, { schedule_delay: -1 }), /milliseconds from 0 to 86400000/],
    [through({}, { export_timeout: 0 }), /milliseconds from 1 to 600000/],
    [through({}, { max_queue_size: 0 }), /log records from 1 to 100000/],
    [through({}, { max_export_batch_size: 0 }), /log records from 1 to 100000/],
  ])("loggerProviderOptions rejects %j", (config, message) => {
    expect(loggerProviderOptions.safeParse(config).error?.message).toMatch(message);
  });

  it("loggerProviderOptions fills in the standard's defaults, also for null, which an unset variable leaves", () => {
    const otlp = { endpoint: null, headers: null, headers_list: null, compression: null, timeout: null, encoding: null };
    const pace = { schedule_delay: null, export_timeout: null, max_queue_size: null, max_export_batch_size: null };
    for (const config of [through(null), through({}), through(otlp, pace)]) {
      expect(loggerProviderOptions.parse(config).processors[0]?.batch).toMatchObject({
        schedule_delay: 1_000,
        export_timeout: 30_000,
        max_queue_size: 2_048,
        max_export_batch_size: 512,
        exporter: { otlp_http: { endpoint: "http://localhost:4318/v1/logs", timeout: 10_000, encoding: "protobuf" } },
      });
    }
  });

  it("loggerProviderOptions accepts unsupported settings that are null, empty, or at their defaults", () => {
    const otlp = { tls: { ca_file: null }, max_request_size: 67_108_864, max_response_size: 4_194_304 };
    const limits = { attribute_value_depth_limit: 64, attribute_count_limit: 128 };
    const config = { ...through(otlp), limits, "logger_configurator/development": {} };
    expect(loggerProviderOptions.safeParse(config).error?.message).toBeUndefined();
  });

  it("loggerProviderOptions accepts its own output and returns it unchanged", () => {
    const simple = { processors: [{ simple: { exporter: { otlp_http: null } } }], limits: null };
    for (const config of [through(null), simple]) {
      const once = loggerProviderOptions.parse(config);
      expect(loggerProviderOptions.parse(once)).toEqual(once);
    }
  });
});
