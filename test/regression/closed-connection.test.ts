/**
 * A backend closes connections that are idle for some seconds. A process that was suspended or blocked meanwhile learns of it at its next poll
 * for events, but its timers run before that: its first export reused the closed connection and failed with "socket hang up".
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { until } from "../support/until.ts";

/** A backend on a thread of its own, which closes each connection 50 ms after a response. */
const BACKEND = `
  const { createServer } = require("node:http");
  const { parentPort } = require("node:worker_threads");
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.setHeader("content-type", "application/json").end("{}"));
    response.on("finish", () => setTimeout(() => request.socket.destroy(), 50));
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

it("The first export after a block does not reuse a connection that the backend has closed meanwhile", async () => {
  const backend = new Worker(BACKEND, { eval: true });
  const [port] = (await once(backend, "message")) as [number];
  const exporter = { otlp_http: { endpoint: `http://127.0.0.1:${port}`, timeout: 5_000 } };
  const telemetry = createTelemetry({ readers: [{ periodic: { interval: 400, timeout: 300, exporter } }] }, { resource: {} });
  telemetry.meterProvider.getMeter("test").createCounter("jobs.done").add(1);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const exports = (): number => telemetry.exporters()[0]?.exports ?? 0;
  for (let n = 1; n <= 2; n += 1) {
    const before = exports();
    await until(turn, () => exports() > before || telemetry.exporters()[0]?.failures !== 0, 1e7);
    for (const end = performance.now() + 600; performance.now() < end;);
  }
  const before = exports();
  await until(turn, () => exports() > before || telemetry.exporters()[0]?.failures !== 0, 1e7);
  expect(telemetry.exporters()).toMatchObject([{ failures: 0, lastError: null }]);
  await telemetry.shutdown(1_000);
  await backend.terminate();
});
