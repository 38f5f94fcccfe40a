import { describe, expect, it } from "vitest";
import { createApp } from "../../../src/http/index.ts";
import { each, scriptedCollector } from "../../support/scripted.ts";

describe("the component stream", () => {
  it("the component stream is degraded while the event stream refuses clients, and recovers half a minute later", async () => {
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    const app = createApp(collector, { clock, maxClients: 1 });
    const stream = () => collector.health.report().components.find(({ component }) => component === "stream");
    await collector.start();
    await app.request("/livez");
    await clock.advance(10_000);
    expect(stream()).toMatchObject({ status: "healthy", measure: "clients", value: 0 });
    const first = await app.request("/api/v1/events");
    expect(first.status).toBe(200);
    for (const _ of [1, 2]) expect((await app.request("/api/v1/events")).status).toBe(503);
    await clock.advance(10_000);
    expect(stream()).toMatchObject({
      status: "degraded",
      reason: "refused 2 clients in the last 10 s; 1 are connected; clears when the check reports a better status for 30s",
    });
    await clock.advance(39_000);
    expect(stream()).toMatchObject({ status: "degraded" });
    await clock.advance(10_000);
    expect(stream()).toMatchObject({ status: "healthy", value: 1 });
    await first.body?.cancel();
    await collector.shutdown();
  });

  it("each app of a collector has a component of its own", async () => {
    const { collector } = scriptedCollector({}, each(["jobs"]));
    for (const app of [createApp(collector), createApp(collector)]) await app.request("/livez");
    const names = collector.health.report().components.map(({ component }) => component);
    expect(names).toEqual(expect.arrayContaining(["stream", "stream-2"]));
  });
});
