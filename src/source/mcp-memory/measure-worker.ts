import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../base/clock.ts";
import { Deadline, untilAborted } from "../../base/deadline.ts";
import { messageOf, VitalsError, type ErrorCode } from "../../base/errors.ts";
import { heldUntil } from "../../base/held-thread.ts";
import { quantity } from "../../base/quantity.ts";
import type { FileVersion, MeasureFile, MeasureRequest } from "./measure-file.ts";

interface Pending {
  resolve(version: FileVersion | undefined): void;
  reject(error: Error): void;
}

/** `tsc` does not rewrite the extension in a URL, so it depends on this file's own. */
const WORKER_URL = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/**
 * Size of the worker's young generation. What it allocates for a line is garbage after the line; with Node's default size, a second's worth
 * of it would accumulate, and unused arrays would be freed late.
 */
export const YOUNG_GENERATION_MB = 4;

const MIB = 1024 * 1024;

/**
 * Limit on the worker's heap in MiB: a quarter of the memory that this process may use, from 64 to 1 024, and at most half of its own limit.
 * A file that needs more fails its reading, and nothing else.
 */
export function heapLimitMb(): number {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  const limit = Math.min(memory / 4, getHeapStatistics().heap_size_limit / 2, 1_024 * MIB);
  return Math.max(64, Math.floor(limit / MIB));
}

/** How long disposal waits for a thread to end. One that waits for a filesystem that does not answer does not end. Milliseconds. */
const TERMINATE_MS = 1_000;

/** Measures files in a worker thread, which is started by the first request, reused, and does not keep the process alive. */
export class MeasureWorker implements AsyncDisposable {
  readonly #heapLimitMb: number;
  readonly #start: (heapLimitMb: number) => WorkerThread;
  #thread: Thread | undefined;
  #isDisposed = false;

  /** @param start replaces the thread in tests */
  constructor(limitMb = heapLimitMb(), start: (heapLimitMb: number) => WorkerThread = startWorker) {
    this.#heapLimitMb = limitMb;
    this.#start = start;
  }

  /**
   * As `measureFile`.
   *
   * @throws VitalsError also `source_failed` if the thread ended; the next request starts another. `lifecycle` after disposal
   */
  readonly measure: MeasureFile = async (request) => {
    if (this.#isDisposed) throw new VitalsError("lifecycle", "the worker thread that reads the memory file was stopped");
    if (this.#thread?.hasEnded ?? true) this.#thread = new Thread(this.#start(this.#heapLimitMb), this.#heapLimitMb);
    return this.#thread?.send(request);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#thread?.end();
  }
}

/** What is needed of a worker thread. */
export interface WorkerThread {
  postMessage(message: WorkerRequest): void;
  terminate(): Promise<number>;
  unref(): void;
  on(event: "message", listener: (response: WorkerResponse) => void): unknown;
  on(event: "error" | "messageerror", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: () => void): unknown;
}

function startWorker(heapLimitMb: number): WorkerThread {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, maxOldGenerationSizeMb: heapLimitMb };
  return new Worker(WORKER_URL, { name: "otel-vitals mcp-memory", resourceLimits });
}

/** One thread with the requests that it has not answered. */
class Thread {
  readonly #pending = new Map<number, Pending>();
  readonly #worker: WorkerThread;
  readonly #heapLimitMb: number;
  #requests = 0;
  #hasEnded = false;

  constructor(worker: WorkerThread, limitMb: number) {
    this.#worker = worker;
    this.#heapLimitMb = limitMb;
    this.#worker.unref();
    this.#worker.on("message", (response: WorkerResponse) => this.#receive(response));
    this.#worker.on("error", (error) => this.#fail(this.#failureOf(error), error));
    // A response that cannot be decoded belongs to an unknown request, which would wait for ever.
    this.#worker.on("messageerror", (error) => {
      this.#fail(`sent a response that cannot be read: ${messageOf(error)}`, error);
      void this.#worker.terminate();
    });
    this.#worker.on("exit", () => this.#fail("ended"));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  send(request: MeasureRequest): Promise<FileVersion | undefined> {
    this.#requests += 1;
    const message: WorkerRequest = { id: this.#requests, request };
    return new Promise((resolve, reject) => {
      this.#pending.set(message.id, { resolve, reject });
      this.#worker.postMessage(message);
    });
  }

  async end(): Promise<void> {
    this.#fail("was stopped");
    using deadline = new Deadline(systemClock, systemClock.monotonicMs() + TERMINATE_MS, () => new Error("too late"));
    await untilAborted(heldUntil(this.#worker.terminate()), deadline.signal).catch(() => undefined);
    // Termination keeps the process alive until it has ended.
    this.#worker.unref();
  }

  #receive(response: WorkerResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if ("version" in response) pending?.resolve(response.version);
    else pending?.reject(new VitalsError(response.error.code, response.error.message, { retryable: response.error.retryable }));
  }

  #failureOf(error: unknown): string {
    const { code } = error as { readonly code?: string };
    if (code !== "ERR_WORKER_OUT_OF_MEMORY") return `failed: ${messageOf(error)}`;
    return `ran out of memory: the file needs more than ${quantity(this.#heapLimitMb * MIB, "By")}`;
  }

  #fail(reason: string, cause?: unknown): void {
    this.#hasEnded = true;
    const error = new VitalsError("source_failed", `the worker thread that reads the memory file ${reason}`, { cause, retryable: true });
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
  | { readonly id: number; readonly version: FileVersion | undefined }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean } };
