import type { MeterProvider } from "@opentelemetry/api";
import type { Clock } from "../../base/clock.ts";
import { isRefusal, messageOf, VitalsError } from "../../base/errors.ts";
import { connect, RejectedError, type ExportDone, type ExportResult, type OtlpConnection, type OtlpSignal } from "./connection.ts";
import type { ExporterReport } from "../telemetry.ts";
import type { OtlpHttpOptions } from "./options.ts";

/** Result codes of an export, by the numbers of the SDK's enum, which only its internal package exports. */
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- see above
const SUCCESS = 0 as ExportResult["code"];
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- see above
const FAILED = 1 as ExportResult["code"];

/** Sends the data of one signal to an OTLP backend, one export at a time and each within its timeout, and counts what became of it. */
export class OtlpSender<T> {
  readonly name: string;
  readonly #connection: OtlpConnection<T>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** Ends the export that is under way. */
  #giveUp: ((error: Error) => void) | undefined;
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

  /** @param done told once, with a `VitalsError` where it did not arrive */
  send(data: T, done: ExportDone): void {
    const ended = new AbortController();
    const settle = (error: Error | undefined): void => {
      if (ended.signal.aborted) return;
      ended.abort();
      this.#count(error);
      done(error ? { code: FAILED, error } : { code: SUCCESS });
    };
    if (this.#giveUp) {
      settle(failure("the export before it is still under way"));
      return;
    }
    const end = (error: Error | undefined): void => {
      if (this.#giveUp === giveUp) this.#giveUp = undefined;
      settle(error);
    };
    const giveUp = (error: Error): void => {
      this.#connection.abandon();
      end(error);
    };
    this.#giveUp = giveUp;
    void this.#expire(ended.signal, giveUp);
    try {
      this.#connection.send(data, ({ code, error }) => end(code === SUCCESS && !error ? undefined : reasonOf(error)));
    } catch (error) {
      end(failure(messageOf(error)));
    }
  }

  /** From now on the SDK's own metrics about this exporter are recorded there. */
  recordOn(meterProvider: MeterProvider): void {
    this.#connection.recordOn(meterProvider);
  }

  /** Resolves when everything under way has ended. */
  settled(): Promise<void> {
    return this.#connection.settled();
  }

  /** Gives up what is under way, so that nothing keeps the process alive. */
  abandon(): void {
    if (this.#giveUp) this.#giveUp(failure("given up"));
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

  /** The SDK's timeout is for silence only: a backend that drips its answer would hold an export, and every later one, for ever. */
  async #expire(ended: AbortSignal, giveUp: (error: Error) => void): Promise<void> {
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + this.#timeoutMs, ended);
    if (!ended.aborted) giveUp(failure(`no complete answer within ${this.#timeoutMs} ms`));
  }

  #count(error: Error | undefined): void {
    if (!error) {
      this.#exports += 1;
      this.#consecutiveFailures = 0;
      this.#lastSuccess = new Date(this.#clock.wallMs()).toISOString();
    } else {
      this.#failures += 1;
      this.#consecutiveFailures += 1;
      this.#lastError = messageOf(error);
    }
  }
}

const failure = (message: string, retryable = true): VitalsError => new VitalsError("export_failed", message, { retryable });

/** What the SDK says once it has given up on an answer that asks for another try; the answer itself it keeps to itself. */
const GAVE_UP = "Export failed with retryable status";

/** Why an export failed, in one bounded line; never with the body of an answer. */
function reasonOf(error: unknown): VitalsError {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  if (message === GAVE_UP) return failure("the backend takes nothing for now (it answered 429, 502, 503 or 504)");
  if (error instanceof RejectedError) return failure(error.message, false);
  if (typeof code === "number") return failure(messageOf(`the backend answered ${code} ${String(message)}`), !isRefusal(code));
  // Every address of a name refused: the error that holds them all has a code and no message.
  if (message === "" && typeof code === "string") return failure(code);
  return failure(messageOf(error ?? "refused without a reason"));
}
