import { parentPort } from "node:worker_threads";
import { readPlainly, type PlainRequest } from "./plain-memory.ts";

parentPort?.on("message", (request: PlainRequest) => {
  void readPlainly(request).then((measurement) => parentPort?.postMessage(measurement));
});
