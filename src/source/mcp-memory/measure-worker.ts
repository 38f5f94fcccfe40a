import { Worker } from "node:worker_threads";
import { VitalsError, type ErrorCode } from "../../base/errors.ts";
import type { FileMeasurement, MeasureFile, MeasureRequest } from "./measure-file.ts";

interface Pending {
  resolve(measurement: FileMeasurement): void;
  reject(error: Error): void;
}

/** `tsc` does not rewrite the extension in a URL, so it depends on this file's own. */
const WORKER_URL = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/**
 * Size of the worker's young generation. What it allocates for a line is garbage after the line; with Node's default size, a second's worth
 * of it would accumulate, and unused arrays would be freed late.
 */
export const YOUNG_GENERATION_MB = 4;

/** Measures files in a worker thread, which is started by the first request, reused, and does not keep the process alive. */
export class MeasureWorker implements AsyncDisposable {
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #requests = 0;

  /** As `measureFile`. @throws VitalsError `source_failed` also if the worker ended; the next request starts another */
  readonly measure: MeasureFile = (request) => this.#send(request);

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  #send(request: MeasureRequest): Promise<FileMeasurement> {
    const worker = (this.#worker ??= this.#start());
    this.#requests += 1;
    const message: WorkerRequest = { id: this.#requests, request };
    return new Promise((resolve, reject) => {
      this.#pending.set(message.id, { resolve, reject });
      worker.postMessage(message);
    });
  }

  #start(): Worker {
    const worker = new Worker(WORKER_URL, {
      name: "otel-vitals mcp-memory",
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.unref();
    worker.on("message", (response: WorkerResponse) => this.#receive(response));
    worker.on("error", (error) =>
      this.#fail(
        new VitalsError("source_failed", "the worker thread that reads the memory file failed", { cause: error, retryable: true }),
      ),
    );
    worker.on("exit", () =>
      this.#fail(new VitalsError("source_failed", "the worker thread that reads the memory file ended", { retryable: true })),
    );
    return worker;
  }

  #receive(response: WorkerResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if ("measurement" in response) pending?.resolve(response.measurement);
    else pending?.reject(new VitalsError(response.error.code, response.error.message, { retryable: response.error.retryable }));
  }

  #fail(error: VitalsError): void {
    this.#worker = undefined;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

/** Message of the main thread to the worker. */
export interface WorkerRequest {
  readonly id: number;
  readonly request: MeasureRequest;
}

/** Message of the worker to the main thread. An error is sent as its parts, because an instance of a class cannot be sent. */
export type WorkerResponse =
  | { readonly id: number; readonly measurement: FileMeasurement }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean } };
