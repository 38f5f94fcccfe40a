import { describe, expect, it } from "vitest";
import { settle } from "../../../src/base/manual-clock.ts";
import { VitalsError } from "../../../src/base/errors.ts";
import type { HealthEvent } from "../../../src/health/record.ts";
import type { EventSink } from "../../../src/health/sink/sink.ts";
import { serveHttp } from "../../support/http-server.ts";
import { each, type ScriptedConfig } from "../../support/scripted.ts";
import { Lives } from "../../support/lives.ts";
import { until } from "../../support/until.ts";

const QUEUES = ["a", "b", "c"];

const config = (more: object = {}): ScriptedConfig => ({
  ...each(QUEUES),
  health: {
    startup_grace: "0s",
    rules: QUEUES.map((name) => ({ name: `Deep_${name}`, collection: name, field: "depth", above: 50, keep_firing_for: "1s" })),
  },
  ...more,
});

const depths = { a: 1, b: 1, c: 1 };
const script = () => Object.fromEntries(QUEUES.map((name) => [name, () => ({ depth: depths[name as keyof typeof depths] })]));

/** Waits for a number that real requests change. */
const exceeds = (least: number, count: () => number) =>
  until(
    () => settle().then(count),
    (found) => found > least,
  );

describe("Notifications that wait when a collector is killed", () => {
  it("A sink of events receives them after the restart, in order and once", async () => {
    let isUp = false;
    const received: HealthEvent[] = [];
    const sink: EventSink = {
      name: "pager",
      target: "pager",
      send: async (events) => {
        if (!isUp) throw new VitalsError("aborted", "the pager is down");
        received.push(...events);
      },
    };
    const lives = new Lives(script(), config(), { sinks: [sink] });
    await lives.start();
    await lives.advance(2_000);
    for (const name of ["b", "a", "c"] as const) {
      depths[name] = 99;
      await lives.advance(3_000);
    }
    depths.a = 1;
    await lives.advance(3_000);
    const { pending } = lives.collector.stats().sinks[0] ?? { pending: 0 };
    expect(pending).toBeGreaterThan(4);
    lives.kill(10_000);
    isUp = true;
    await lives.start();
    await lives.advance(20_000);
    const alerts = received.flatMap((event) => (event.kind === "alert" ? [`${event.alert.labels.alertname} ${event.alert.state}`] : []));
    expect(alerts).toEqual(["Deep_b firing", "Deep_a firing", "Deep_c firing", "Deep_a resolved"]);
    expect(new Set(received.map((event) => JSON.stringify(event))).size).toBe(received.length);
    const transitions = received.flatMap((event) => (event.kind === "transition" ? [event.transition] : []));
    expect(transitions.map(({ time }) => time)).toEqual(transitions.map(({ time }) => time).toSorted());
    expect(lives.collector.stats().sinks[0]?.pending).toBe(0);
  });

  it("A webhook receives the newest state of each alert after the restart, with the fingerprint and the start of before", async () => {
    Object.assign(depths, { a: 99, b: 1, c: 1 });
    const posted: { readonly status: string; readonly fingerprint: string; readonly startsAt: string }[] = [];
    let isUp = false;
    await using server = await serveHttp((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += String(chunk)));
      request.on("end", () => {
        if (isUp) posted.push(...(JSON.parse(text) as { readonly alerts: typeof posted }).alerts);
        response.statusCode = isUp ? 200 : 503;
        response.end();
      });
    });
    const lives = new Lives(script(), config({ alerts: { webhook: { url: server.url } } }));
    await lives.start();
    await lives.advance(3_000);
    const [alert] = lives.collector.alerts();
    expect(alert).toBeDefined();
    await exceeds(0, () => lives.collector.stats().sinks[0]?.failures ?? 0);
    lives.kill(1_000);
    isUp = true;
    await lives.start();
    await exceeds(0, () => posted.length);
    await lives.advance(5_000);
    expect(posted).toMatchObject([{ status: "firing", fingerprint: alert?.fingerprint, startsAt: alert?.startsAt }]);
    lives.kill(1_000);
    depths.a = 1;
    await lives.start();
    await lives.advance(5_000);
    await exceeds(1, () => posted.length);
    expect(posted.map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });

  it("An Alertmanager is reminded of an alert from before the restart during the start-up grace as well", async () => {
    Object.assign(depths, { a: 99, b: 1, c: 1 });
    const posted: { readonly labels: { readonly alertname: string }; readonly startsAt: string }[] = [];
    await using server = await serveHttp((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += String(chunk)));
      request.on("end", () => {
        posted.push(...(JSON.parse(text) as typeof posted));
        response.end();
      });
    });
    const alerts = { alertmanager: { url: server.url, resend: "10s" } };
    const lives = new Lives(script(), config({ alerts }));
    await lives.start();
    await lives.advance(3_000);
    await exceeds(0, () => posted.length);
    await lives.advance(0);
    const { length } = posted;
    lives.kill(1_000);
    await lives.start(config({ alerts, health: { ...config().health, startup_grace: "5m" } }));
    await lives.advance(15_000);
    await exceeds(length, () => posted.length);
    expect(new Set(posted.map(({ labels, startsAt }) => `${labels.alertname} ${startsAt}`)).size).toBe(1);
  });
});
