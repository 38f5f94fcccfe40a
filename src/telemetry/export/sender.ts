import type { MeterProvider } from "@opentelemetry/api";
import type { Clock } from "../../base/clock.ts";
import { isRefusal, messageOf, VitalsError } from "../../base/errors.ts";
import { duration } from "../../base/quantity.ts";
import { connect, RejectedError, type ExportDone, type OtlpConnection, type OtlpSignal } from "./connection.ts";
import type { ExporterReport } from "../telemetry.ts";
import type { OtlpHttpOptions } from "./options.ts";

/** Result codes of an export: the numbers of the SDK's enum, which only its internal package exports. */
const SUCCESS = 0;
const FAILED = 1;

/** Sends the data of one signal to an OTLP backend, one export at a time and each within its timeout, and counts successes and failures. */
export class OtlpSender<T> {
  readonly name: string;
  readonly #connection: OtlpConnection<T>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** Ends the current export. */
  #abandon: ((error: Error) => void) | undefined;
  #exports = 0;
  #failures = 0;
  #consecutiveFailures = 0;
  #lastSuccess: string | null = null;
  #lastError: string | null = null;

  constructor(name: string, options: OtlpHttpOptions, signal: OtlpSignal<T>, clock: Clock) {
    this.name = name;
    this.#connection = connect(options, signal);
    this.#timeoutMs = options.timeout;
    this.#clock = clock;
  }

  /** @param done called once, with a `VitalsError` if the export failed */
  send(data: T, done: ExportDone): void {
    if (this.#abandon) {
      const error = failure("the previous export has not finished");
      this.#countFailure(error);
      done({ code: FAILED, error });
      return;
    }
    const ended = new AbortController();
    const suspendedMs = this.#suspendedMs;
    const settle = (error: Error | undefined): void => {
      if (ended.signal.aborted) return;
      ended.abort();
      if (!error) this.#countSuccess();
      else this.#countFailure(error, this.#suspendedMs === suspendedMs);
      done(error ? { code: FAILED, error } : { code: SUCCESS });
    };
    const end = (error: Error | undefined): void => {
      if (this.#abandon === abandonExport) this.#abandon = undefined;
      settle(error);
    };
    const abandonExport = (error: Error): void => {
      this.#connection.abandon();
      end(error);
    };
    this.#abandon = abandonExport;
    void this.#expire(ended.signal, abandonExport);
    // After the next poll for events: a connection that the backend closed while this process was blocked or suspended is discarded there.
    setImmediate(() => {
      if (ended.signal.aborted) return;
      try {
        this.#connection.send(data, ({ code, error }) => end(code === SUCCESS && !error ? undefined : reasonOf(error)));
      } catch (error) {
        end(failure(messageOf(error)));
      }
    });
  }

  /** Records the SDK's own metrics about this exporter on a meter provider. */
  recordOn(meterProvider: MeterProvider): void {
    this.#connection.recordOn(meterProvider);
  }

  /** Resolves when the current export has ended. */
  settled(): Promise<void> {
    return this.#connection.settled();
  }

  /** Abandons the current export, so that nothing keeps the process alive. */
  abandon(): void {
    if (this.#abandon) this.#abandon(failure("abandoned"));
    else this.#connection.abandon();
  }

  report(): ExporterReport {
    return {
      name: this.name,
      exports: this.#exports,
      failures: this.#failures,
      consecutiveFailures: this.#consecutiveFailures,
      lastSuccess: this.#lastSuccess,
      lastError: this.#lastError,
    };
  }

  /** The SDK's timeout only ends a connection without any data: a backend that sends its response byte by byte would block this and every later export. */
  async #expire(ended: AbortSignal, abandonExport: (error: Error) => void): Promise<void> {
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + this.#timeoutMs, ended);
    if (!ended.aborted) abandonExport(failure(`no complete response within ${duration(this.#timeoutMs)}`));
  }

  get #suspendedMs(): number {
    return this.#clock.suspendedMs?.() ?? 0;
  }

  #countSuccess(): void {
    this.#exports += 1;
    this.#consecutiveFailures = 0;
    this.#lastSuccess = new Date(this.#clock.wallMs()).toISOString();
  }

  /**
   * @param isEvidence whether it says that the backend fails: neither an export that was not sent does, nor one during which this process
   *   was suspended. Default: it does not.
   */
  #countFailure(error: Error, isEvidence = false): void {
    this.#failures += 1;
    if (isEvidence) this.#consecutiveFailures += 1;
    this.#lastError = messageOf(error);
  }
}

const failure = (message: string, retryable = true): VitalsError => new VitalsError("export_failed", message, { retryable });

/** The SDK's error after its last attempt was answered with a status that asks for a retry; the status itself is not in it. */
const RETRIES_FAILED = "Export failed with retryable status";

/** Why an export failed, in one bounded line without the body of the response. */
function reasonOf(error: unknown): VitalsError {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  if (message === RETRIES_FAILED) return failure("the backend is temporarily unavailable (it returned 429, 502, 503 or 504)");
  if (error instanceof RejectedError) return failure(error.message, false);
  if (typeof code === "number") return failure(messageOf(`the backend returned ${code} ${String(message)}`), !isRefusal(code));
  // All addresses of the host refused the connection: such an error has a code and no message.
  if (message === "" && typeof code === "string") return failure(code);
  return failure(messageOf(error ?? "failed without a reason"));
}
