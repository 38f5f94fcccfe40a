import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { command, running } from "../support/command.ts";
import { serveHttp } from "../support/http-server.ts";
import { eventNames, freePort, startReceiver, type ReceivedLog } from "../support/otlp-receiver.ts";
import { needs } from "../support/programs.ts";

/** A service that responds until the test breaks it. */
async function service() {
  let isBroken = false;
  const server = await serveHttp((_, response) => {
    response.writeHead(isBroken ? 500 : 200, { "content-type": "application/json" }).end('{"nodes":3}');
  });
  return {
    url: server.url,
    turn: (broken: boolean) => void (isBroken = broken),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Monitors only that service, with immediate alerts. */
const watching = (url: string, logs?: string): readonly string[] =>
  [
    `collector.sources={ jobs: { kind: http-json, url: "${url}", readings: { graph-service: { activeNodes: /nodes } }, breaker: { failures: 2, initial: 100ms, max: 100ms } } }`,
    "collector.collections={ jobs: { source: jobs, interval: 100ms } }",
    "collector.health={ interval: 100ms, startup_grace: 0, for: 0, keep_firing_for: 0, flapping: 0 }",
    "meter_provider.readers=[]",
    ...(logs === undefined ? [] : [`logger_provider.processors=[${logs}]`]),
    'resource.attributes=[{ name: service.name, value: "memory-watch" }]',
  ].flatMap((setting) => ["--set", setting]);

const breakerAlert = (message: string) => (entry: Record<string, unknown>) =>
  entry["message"] === `alert VitalsBreakerOpen of source:jobs ${message}`;

/** Repeats a request until it holds; limited by the number of requests, not by time. */
async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  for (let requests = 1; requests < 5_000 && !holds(answer); requests += 1) answer = await ask();
  expect(holds(answer), JSON.stringify(answer)).toBe(true);
  return answer;
}

const ofBreaker =
  (state: string) =>
  ({ attributes }: ReceivedLog): boolean =>
    attributes["vitals.alert.name"] === "VitalsBreakerOpen" && attributes["vitals.alert.state"] === state;

describe.each(["json", "protobuf"] as const)("OTLP log events over %s", (encoding) => {
  it(
    `an independent OTLP receiver gets firing and resolved alerts as log events over ${encoding}, with severity, attributes and resource`,
    needs("otlp-receiver"),
    async () => {
      await using jobs = await service();
      await using receiver = await startReceiver();
      const bodies: Buffer[] = [];
      const accepted: number[] = [];
      const pass = async (body: Buffer, contentType: string, response: ServerResponse): Promise<void> => {
        const answer = await fetch(receiver.logsEndpoint, { method: "POST", headers: { "content-type": contentType }, body });
        const { acceptedLogs } = (await answer.json()) as { acceptedLogs: number };
        accepted.push(acceptedLogs);
        response.writeHead(answer.status, { "content-type": "application/json" }).end("{}");
      };
      // A proxy in between, because the receiver does not return event names.
      await using tap = await serveHttp((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const body = Buffer.concat(chunks);
          bodies.push(body);
          void pass(body, String(request.headers["content-type"]), response);
        });
      });
      const exporter = `{ otlp_http: { endpoint: "${tap.url}/v1/logs", encoding: ${encoding} } }`;
      await using collector = await running(watching(jobs.url, `{ batch: { schedule_delay: 10, exporter: ${exporter} } }`));
      jobs.turn(true);
      const fire = await receiver.logged(ofBreaker("firing"));
      jobs.turn(false);
      const end = await receiver.logged(ofBreaker("resolved"));
      collector.signal("SIGTERM");
      expect(await collector.ended).toBe(0);

      expect(fire).toMatchObject({
        severityNumber: 17,
        severityText: "ERROR",
        body: expect.stringMatching(/^the breaker is open after \d+ consecutive failures/) as string,
        attributes: {
          "vitals.component.name": "source:jobs",
          "vitals.alert.severity": "error",
          "vitals.alert.fingerprint": expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        },
        resource: { "service.name": "memory-watch" },
      });
      expect(end).toMatchObject({ severityNumber: 9, severityText: "INFO" });
      for (const same of ["vitals.alert.fingerprint", "vitals.alert.starts_at"]) expect(end.attributes[same]).toBe(fire.attributes[same]);
      expect(fire.timestamp).toBe(Date.parse(String(fire.attributes["vitals.alert.starts_at"])));
      expect(end.timestamp).toBe(Date.parse(String(end.attributes["vitals.alert.ends_at"])));

      const names = (await Promise.all(bodies.map((body) => eventNames(body, encoding)))).flat();
      expect(new Set(names)).toEqual(new Set(["vitals.component.status_changed", "vitals.alert"]));
      expect(accepted.reduce((sum, count) => sum + count, 0)).toBe(names.length);
      await receiver.logged(() => receiver.logs.length >= names.length);
      expect(receiver.logs).toHaveLength(names.length);
    },
  );
});

describe("OTLP log events during an outage of the receiver", () => {
  it(
    "a receiver that was down gets the log events it missed, including alerts that resolved in the meantime",
    needs("otlp-receiver"),
    async () => {
      await using jobs = await service();
      const port = await freePort();
      const exporter = `{ otlp_http: { endpoint: "http://127.0.0.1:${port}/v1/logs", timeout: 500 } }`;
      await using collector = await running(watching(jobs.url, `{ simple: { exporter: ${exporter} } }`));
      jobs.turn(true);
      await collector.logged(breakerAlert("fires"));
      jobs.turn(false);
      await collector.logged(breakerAlert("is resolved"));
      const stats = async () =>
        (await (await fetch(`${collector.url}/api/v1/stats`)).json()) as { sinks: readonly Record<string, unknown>[] };
      const isSink = ({ name }: Record<string, unknown>): boolean => name === "otlp-logs";
      const away = await until(stats, ({ sinks }) => Number(sinks.find(isSink)?.["consecutiveFailures"]) > 0);
      expect(away.sinks.find(isSink)).toMatchObject({ sent: 0, dropped: 0 });
      await collector.logged(({ message }) => message === "alert VitalsSinkFailing of sink:otlp-logs fires");

      await using receiver = await startReceiver(port);
      await receiver.logged(ofBreaker("resolved"));
      const [fires, resolves] = ["firing", "resolved"].map((state) => receiver.logs.findIndex(ofBreaker(state)));
      expect(fires).toBeGreaterThanOrEqual(0);
      expect(fires).toBeLessThan(resolves ?? 0);
      const times = receiver.logs.map(({ timestamp }) => timestamp);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      await collector.logged(({ message }) => message === "alert VitalsSinkFailing of sink:otlp-logs is resolved");
    },
  );
});

describe("the log of the command", () => {
  it("the command logs each transition and alert at the level of its severity", async () => {
    await using jobs = await service();
    await using collector = await running(watching(jobs.url));
    jobs.turn(true);
    const fired = await collector.logged(breakerAlert("fires"));
    expect(fired).toMatchObject({ level: "error", alertname: "VitalsBreakerOpen", component: "source:jobs", state: "firing" });
    expect(fired["reason"]).toMatch(/^the breaker is open after \d+ consecutive failures/);
    expect(await collector.logged(({ message }) => message === "source:jobs is unhealthy")).toMatchObject({
      level: "error",
      from: "healthy",
    });
    jobs.turn(false);
    expect(await collector.logged(breakerAlert("is resolved"))).toMatchObject({ level: "info", state: "resolved" });
    const { sinks } = (await (await fetch(`${collector.url}/api/v1/stats`)).json()) as { sinks: readonly object[] };
    expect(sinks).toMatchObject([{ name: "log", target: "standard error", failures: 0, pending: 0 }]);
  });
});

describe("otel-vitals check with sinks", () => {
  it("otel-vitals check verifies every sink and sends no alert", needs("otlp-receiver"), async () => {
    await using jobs = await service();
    await using receiver = await startReceiver();
    const got: string[] = [];
    const take = (status: number) =>
      serveHttp((request, response) => {
        let body = "";
        request.on("data", (chunk: Buffer) => (body += String(chunk)));
        request.on("end", () => {
          got.push(`${request.method} ${request.url} ${body}`);
          response.writeHead(status).end();
        });
      });
    await using alertmanager = await take(200);
    await using webhook = await take(405);
    jobs.turn(true);
    const sinks = [
      `collector.alerts.alertmanager.url="${alertmanager.url}"`,
      `collector.alerts.webhook.url="${webhook.url}/hook?key=hunter2"`,
    ].flatMap((setting) => ["--set", setting]);
    const exporter = `{ otlp_http: { endpoint: "${receiver.logsEndpoint}" } }`;
    const { code, stdout } = await command(["check", ...watching(jobs.url, `{ batch: { exporter: ${exporter} } }`), ...sinks]);
    expect(stdout).toMatch(/^✖ collection jobs: failed/m);
    expect(stdout).toContain(`● sink alertmanager: ${alertmanager.url}/api/v2/alerts: accepted an empty list of alerts`);
    expect(stdout).toContain(`● sink webhook: ${webhook.url}/…: HEAD returned 405; nothing was posted`);
    expect(stdout).toContain(`● sink otlp-logs: ${receiver.logsEndpoint}: accepted an export without log records`);
    expect(code).toBe(1);
    expect(got.toSorted()).toEqual(["HEAD /hook?key=hunter2 ", "POST /api/v2/alerts []"]);
    expect(receiver.logs).toEqual([]);
  });

  it("otel-vitals check fails for a sink that rejects requests, and prints the reason", async () => {
    await using jobs = await service();
    await using nobody = await serveHttp((_, response) => response.writeHead(404).end());
    const exporter = `{ otlp_http: { endpoint: "${nobody.url}/v1/logs" } }`;
    const sinks = ["alertmanager", "webhook"].flatMap((name) => ["--set", `collector.alerts.${name}.url="${nobody.url}"`]);
    const { code, stdout } = await command(["check", ...watching(jobs.url, `{ simple: { exporter: ${exporter} } }`), ...sinks]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^● collection jobs: /m);
    expect(stdout).toMatch(/^✖ sink alertmanager: .*: POST .* returned 404$/m);
    expect(stdout).toMatch(/^✖ sink webhook: .*: HEAD .* returned 404$/m);
    expect(stdout).toMatch(/^✖ sink otlp-logs: .*: the backend returned 404 Not Found$/m);
  });
});
