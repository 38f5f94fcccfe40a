import { describe, expect, it } from "vitest";
import { settle } from "../../../src/base/manual-clock.ts";
import { queues, reconfigured, running, type WorldConfig } from "../../support/reconfigured.ts";
import { serveHttp } from "../../support/http-server.ts";
import { until } from "../../support/until.ts";

const SECOND = 1_000;

/** Waits for requests over the network, which take real time. */
const eventually = (holds: () => boolean): Promise<void> => until(settle, holds);

/** A receiver of webhooks that notes what it accepts. */
async function receiver() {
  const accepted: string[] = [];
  const state = { status: 200, token: "", requests: 0 };
  const server = await serveHttp((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      state.requests += 1;
      const isAllowed = (request.headers.authorization ?? "") === state.token;
      if (state.status === 200 && isAllowed) {
        const { alerts } = JSON.parse(body) as { alerts: { status: string; labels: { alertname: string } }[] };
        accepted.push(...alerts.map(({ status, labels }) => `${labels.alertname} ${status}`));
      }
      response.writeHead(isAllowed ? state.status : 503).end();
    });
  });
  return { accepted, state, ...server };
}

const deep = (alerts: object): WorldConfig =>
  queues(
    ["a"],
    {},
    {
      alerts,
      health: { startup_grace: "0s", rules: [{ name: "Deep", collection: "a", field: "depth", above: 5, keep_firing_for: "0s" }] },
    },
  );

const to = (url: string, headers: object = {}) => ({ webhook: { url, headers } });

describe("Collector.reconfigure: sinks", () => {
  it("A sink that is added receives what fires now, and then how it ends", async () => {
    await using web = await receiver();
    const { clock, collector, world } = await running(deep({}));
    world["home"] = () => ({ depth: 9 });
    await clock.advance(3 * SECOND);
    const report = await reconfigured(collector, deep(to(web.url)));
    expect(report).toMatchObject({ sinks: [{ name: "webhook", change: "added" }], collections: [{ change: "unchanged" }] });
    await eventually(() => web.accepted.length === 1);
    world["home"] = () => ({ depth: 1 });
    await clock.advance(2 * SECOND);
    await eventually(() => web.accepted.length === 2);
    expect(web.accepted).toEqual(["Deep firing", "Deep resolved"]);
    expect(collector.health.report().components.map(({ component }) => component)).toContain("sink:webhook");
    await collector.shutdown();
  });

  it("A sink that changed keeps what is pending and its statistics, and sends it in the new way at once", async () => {
    await using web = await receiver();
    web.state.token = "Bearer new";
    const { clock, collector, world } = await running(deep(to(web.url, { authorization: "Bearer old" })));
    world["home"] = () => ({ depth: 9 });
    await clock.advance(3 * SECOND);
    await eventually(() => collector.stats().sinks.some(({ name, failures }) => name === "webhook" && failures > 0));
    const { sinks } = await reconfigured(collector, deep(to(web.url, { authorization: "Bearer new" })));
    expect(sinks).toEqual([{ name: "webhook", change: "changed" }]);
    await eventually(() => web.accepted.length === 1);
    expect(web.accepted).toEqual(["Deep firing"]);
    await eventually(() => collector.stats().sinks.some(({ name, sent }) => name === "webhook" && sent === 1));
    expect(collector.stats().sinks.find(({ name }) => name === "webhook")).toMatchObject({
      pending: 0,
      failures: expect.any(Number) as number,
      consecutiveFailures: 0,
    });
    await collector.shutdown();
  });

  it("A sink that is removed drops what is pending, which is logged, and disappears", async () => {
    await using web = await receiver();
    web.state.status = 503;
    const { clock, collector, logged, world } = await running(deep(to(web.url)));
    world["home"] = () => ({ depth: 9 });
    await clock.advance(3 * SECOND);
    await eventually(() => web.state.requests > 0);
    const { sinks } = await reconfigured(collector, deep({}));
    expect(sinks).toEqual([{ name: "webhook", change: "removed" }]);
    expect(logged).toContain('the sink "webhook" was removed; 1 pending alert is dropped');
    expect(collector.stats().sinks.map(({ name }) => name)).toEqual(["pager"]);
    expect(collector.health.report().components.map(({ component }) => component)).not.toContain("sink:webhook");
    const { requests } = web.state;
    web.state.status = 200;
    await clock.advance(300 * SECOND);
    expect(web.state.requests).toBe(requests);
    await collector.shutdown();
  });

  it("A sink that did not change receives nothing twice", async () => {
    await using web = await receiver();
    const { clock, collector, world } = await running(deep(to(web.url)));
    world["home"] = () => ({ depth: 9 });
    await clock.advance(3 * SECOND);
    await eventually(() => web.accepted.length === 1);
    const { sinks } = await reconfigured(collector, { ...deep(to(web.url)), windows: ["3m"] });
    expect(sinks).toEqual([{ name: "webhook", change: "unchanged" }]);
    await clock.advance(300 * SECOND);
    expect(web.accepted).toEqual(["Deep firing"]);
    await collector.shutdown();
  });
});
