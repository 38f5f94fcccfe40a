import type { MeterProvider } from "@opentelemetry/api";
import {
  createOtlpHttpExportDelegate,
  createOtlpHttpExporterMetrics,
  httpAgentFactoryFromOptions,
} from "@opentelemetry/otlp-exporter-base/node-http";
import type { IExporterMetricsHelper, ISerializer } from "@opentelemetry/otlp-transformer";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { decode, type OtlpHttpOptions } from "./options.ts";

export type ExportDone = Parameters<PushMetricExporter["export"]>[1];
export type ExportResult = Parameters<ExportDone>[0];

/** One of OpenTelemetry's signals: how its data become bytes, and what its exporters are called in the SDK's own metrics. */
export interface OtlpSignal<T> {
  readonly json: ISerializer<T, unknown>;
  readonly protobuf: ISerializer<T, unknown>;
  readonly component: { readonly json: string; readonly protobuf: string };
  readonly metrics: IExporterMetricsHelper<T>;
}

/** What sends the data of one signal to one backend. */
export interface OtlpConnection<T> {
  send(data: T, done: ExportDone): void;
  /** Resolves when everything under way has ended. */
  settled(): Promise<void>;
  /** Gives up what is under way, however slowly a backend drips its answer. What is sent afterwards is sent as ever. */
  abandon(): void;
  /** From now on `otel.sdk.exporter.*` is recorded there. */
  recordOn(meterProvider: MeterProvider): void;
}

/** Built from the SDK's parts, because its ready-made exporters also obey environment variables that the file does not name. */
export function connect<T>(options: OtlpHttpOptions, signal: OtlpSignal<T>): OtlpConnection<T> {
  const { encoding, endpoint } = options;
  let recorder: MeterProvider | undefined;
  let line = openLine(options, signal, recorder);
  return {
    send: (data, done) => line.send(data, done),
    settled: () => line.delegate.forceFlush(),
    abandon: () => {
      line.hangUp();
      // A new one, because the SDK cannot be called off while it waits to try again.
      line = openLine(options, signal, recorder);
    },
    recordOn: (meterProvider) => {
      recorder = meterProvider;
      line.delegate.setMetrics(createOtlpHttpExporterMetrics(signal.component[encoding], signal.metrics, endpoint, meterProvider));
    },
  };
}

function openLine<T>(options: OtlpHttpOptions, signal: OtlpSignal<T>, recorder: MeterProvider | undefined) {
  const { encoding } = options;
  const makeAgent = httpAgentFactoryFromOptions({ keepAlive: true });
  let agent: Awaited<ReturnType<typeof makeAgent>> | undefined;
  let isGivenUp = false;
  const configuration = {
    url: options.endpoint,
    headers: async () => {
      // The SDK takes a connection that we end for one that broke, and would connect again.
      if (isGivenUp) throw new Error("given up");
      return { ...headersOf(options), "Content-Type": encoding === "json" ? "application/json" : "application/x-protobuf" };
    },
    timeoutMillis: options.timeout,
    concurrencyLimit: 1,
    compression: options.compression ?? ("none" as const),
    agentFactory: async (protocol: string) => (agent = await makeAgent(protocol)),
    userAgent: "otel-vitals",
  };
  let rejected = 0;
  const serializer: ISerializer<T, unknown> = {
    serializeRequest: (data) => signal[encoding].serializeRequest(data),
    deserializeResponse: (bytes) => {
      const response = signal[encoding].deserializeResponse(bytes);
      rejected = rejectedIn(response);
      return response;
    },
  };
  const delegate = createOtlpHttpExportDelegate(configuration, serializer, signal.component[encoding], signal.metrics, recorder);
  return {
    delegate,
    // The SDK takes an answer that accepts a part for a success, and tells nobody.
    send: (data: T, done: ExportDone): void => {
      rejected = 0;
      delegate.export(data, (result) => done(rejected === 0 ? result : { ...result, error: new RejectedError(rejected) }));
    },
    hangUp: () => {
      isGivenUp = true;
      agent?.destroy();
    },
  };
}

/** The backend took the request but not all that was in it, and does not want the rest again. */
export class RejectedError extends Error {
  constructor(count: number) {
    super(`the backend rejected ${count} of what was sent`);
  }
}

/** How much an answer says was rejected; JSON has its 64-bit numbers as text. */
function rejectedIn(response: unknown): number {
  const { partialSuccess = {} } = (response ?? {}) as { readonly partialSuccess?: Readonly<Record<string, unknown>> };
  const [, count = 0] = Object.entries(partialSuccess).find(([key]) => key.startsWith("rejected")) ?? [];
  return Number(count) || 0;
}

/** Headers of the configuration: entries of the list first, so that `headers` may replace them. */
export function headersOf({ headers, headers_list }: Pick<OtlpHttpOptions, "headers" | "headers_list">): Record<string, string> {
  const listed = (headers_list ?? "")
    .split(",")
    .map((pair) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair))
    .flatMap((match) => (match ? [[match[1] as string, decode(match[2] as string)] as const] : []));
  const named = (headers ?? []).flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  return Object.fromEntries([...listed, ...named]);
}
