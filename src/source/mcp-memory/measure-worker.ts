import { Worker } from "node:worker_threads";
import { VitalsError, type ErrorCode } from "../../base/errors.ts";
import type { FileMeasurement, MeasureFile, MeasureRequest } from "./measure-file.ts";

interface Pending {
  resolve(measurement: FileMeasurement): void;
  reject(error: Error): void;
}

/** `tsc` does not rewrite the extension inside a URL, so it follows this file's own. */
const WORKER_URL = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/**
 * What the thread makes of a line is garbage with the next one. Room for a second's worth of it, as Node would give, only keeps arrays
 * that are done with from being given back.
 */
export const YOUNG_GENERATION_MB = 4;

/** Measures files in a thread of its own, started at the first question and used again. Does not keep the process alive. */
export class MeasureWorker implements AsyncDisposable {
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #asked = 0;

  /** As `measureFile`. @throws VitalsError `source_failed` also when the thread died; the next question starts another */
  readonly measure: MeasureFile = (request) => this.#ask(request);

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(request: MeasureRequest): Promise<FileMeasurement> {
    const worker = (this.#worker ??= this.#start());
    this.#asked += 1;
    const question: Question = { id: this.#asked, request };
    return new Promise((resolve, reject) => {
      this.#pending.set(question.id, { resolve, reject });
      worker.postMessage(question);
    });
  }

  #start(): Worker {
    const worker = new Worker(WORKER_URL, {
      name: "otel-vitals mcp-memory",
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.unref();
    worker.on("message", (answer: Answer) => this.#answer(answer));
    worker.on("error", (error) =>
      this.#fail(new VitalsError("source_failed", "the thread that reads the memory file failed", { cause: error, retryable: true })),
    );
    worker.on("exit", () =>
      this.#fail(new VitalsError("source_failed", "the thread that reads the memory file ended", { retryable: true })),
    );
    return worker;
  }

  #answer(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ("measurement" in answer) pending?.resolve(answer.measurement);
    else pending?.reject(new VitalsError(answer.error.code, answer.error.message, { retryable: answer.error.retryable }));
  }

  #fail(error: VitalsError): void {
    this.#worker = undefined;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

/** What the main thread asks of the worker. */
export interface Question {
  readonly id: number;
  readonly request: MeasureRequest;
}

/** What the worker answers. An error travels as its parts: a class would not survive the way. */
export type Answer =
  | { readonly id: number; readonly measurement: FileMeasurement }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean } };
