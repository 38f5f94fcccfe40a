import { parentPort } from "node:worker_threads";
import { isVitalsError, messageOf } from "../../base/errors.ts";
import { measureFile } from "./measure-file.ts";
import type { WorkerRequest, WorkerResponse } from "./measure-worker.ts";

/** Entry point of the worker thread: measures a file for each request of the main thread. */
parentPort?.on("message", ({ id, request }: WorkerRequest) => {
  void measureFile(request)
    .then((version): WorkerResponse => ({ id, version }))
    .catch((error: unknown): WorkerResponse => ({ id, error: partsOf(error) }))
    .then((response) => parentPort?.postMessage(response));
});

function partsOf(error: unknown): Extract<WorkerResponse, { error: unknown }>["error"] {
  if (isVitalsError(error)) return { code: error.code, message: error.message, retryable: error.retryable };
  return { code: "source_failed", message: messageOf(error), retryable: true };
}
