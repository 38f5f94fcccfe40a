import type { MeterProvider } from "@opentelemetry/api";
import {
  createOtlpHttpExportDelegate,
  createOtlpHttpExporterMetrics,
  httpAgentFactoryFromOptions,
} from "@opentelemetry/otlp-exporter-base/node-http";
import type { IExporterMetricsHelper, ISerializer } from "@opentelemetry/otlp-transformer";
import type { OtlpHttpOptions } from "./options.ts";
import { headerPairs } from "./pairs.ts";

/** Called with the result of an export. Its code is 0 for success and 1 for failure, as in the SDK's enum. */
export type ExportDone = (result: { readonly code: number; readonly error?: Error }) => void;

/** One of OpenTelemetry's signals: its serializers, and the names of its exporters in the SDK's own metrics. */
export interface OtlpSignal<T> {
  readonly json: ISerializer<T, unknown>;
  readonly protobuf: ISerializer<T, unknown>;
  readonly component: { readonly json: string; readonly protobuf: string };
  readonly metrics: IExporterMetricsHelper<T>;
}

/** Sends the data of one signal to one backend. */
export interface OtlpConnection<T> {
  send(data: T, done: ExportDone): void;
  /** Resolves when the current export has ended. */
  settled(): Promise<void>;
  /** Abandons the current export, even while a response arrives byte by byte. Later exports are sent as usual. */
  abandon(): void;
  /** Records `otel.sdk.exporter.*` on a meter provider. */
  recordOn(meterProvider: MeterProvider): void;
}

/** Built from the SDK's parts, because its ready-made exporters also obey environment variables that the file does not mention. */
export function connect<T>(options: OtlpHttpOptions, signal: OtlpSignal<T>): OtlpConnection<T> {
  const { encoding, endpoint } = options;
  let recorder: MeterProvider | undefined;
  let line = openLine(options, signal, recorder);
  return {
    send: (data, done) => line.send(data, done),
    settled: () => line.delegate.forceFlush(),
    abandon: () => {
      line.hangUp();
      // A new one, because the SDK cannot be cancelled while it waits for its next attempt.
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
  let isAbandoned = false;
  const configuration = {
    url: options.endpoint,
    headers: async () => {
      // The SDK treats a connection that we close as a broken one, and would connect again.
      if (isAbandoned) throw new Error("abandoned");
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
    // The SDK treats a response that accepts only a part as a success, and does not report it.
    send: (data: T, done: ExportDone): void => {
      rejected = 0;
      delegate.export(data, (result) => done(rejected === 0 ? result : { ...result, error: new RejectedError(rejected) }));
    },
    hangUp: () => {
      isAbandoned = true;
      agent?.destroy();
    },
  };
}

/** The backend accepted the request without all of its data, and does not want the rest again. */
export class RejectedError extends Error {
  constructor(count: number) {
    super(`the backend rejected ${count} of the items sent`);
  }
}

/** Number of rejected items in a response; in JSON 64-bit numbers are text. */
function rejectedIn(response: unknown): number {
  const { partialSuccess = {} } = (response ?? {}) as { readonly partialSuccess?: Readonly<Record<string, unknown>> };
  const [, count = 0] = Object.entries(partialSuccess).find(([key]) => key.startsWith("rejected")) ?? [];
  return Number(count) || 0;
}

/** Headers of the configuration: first those of the list, so that `headers` may replace them. */
export function headersOf({ headers, headers_list }: Pick<OtlpHttpOptions, "headers" | "headers_list">): Record<string, string> {
  const listed = headerPairs(headers_list ?? "").pairs;
  const named = (headers ?? []).flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  return Object.fromEntries([...listed, ...named]);
}
