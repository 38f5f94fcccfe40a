import { parentPort } from "node:worker_threads";
import { isVitalsError, messageOf } from "../../base/errors.ts";
import { measureFile } from "./measure-file.ts";
import type { Answer, Question } from "./measure-worker.ts";

/** Answers the questions of the main thread, one after the other. */
parentPort?.on("message", ({ id, request }: Question) => {
  void measureFile(request)
    .then((measurement): Answer => ({ id, measurement }))
    .catch((error: unknown): Answer => ({ id, error: partsOf(error) }))
    .then((answer) => parentPort?.postMessage(answer));
});

function partsOf(error: unknown): Extract<Answer, { error: unknown }>["error"] {
  if (isVitalsError(error)) return { code: error.code, message: error.message, retryable: error.retryable };
  return { code: "source_failed", message: messageOf(error), retryable: true };
}
