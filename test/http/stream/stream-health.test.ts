import { describe, expect, it } from "vitest";
import { createApp } from "../../../src/http/index.ts";
import { each, scriptedCollector } from "../../support/scripted.ts";

describe("the event stream as a component", () => {
  it("is degraded while it turns clients away, and well again half a minute after", async () => {
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    const app = createApp(collector, { clock, maxClients: 1 });
    const stream = () => collector.health.report().components.find(({ component }) => component === "stream");
    await collector.start();
    await clock.advance(10_000);
    expect(stream()).toMatchObject({ status: "healthy", measure: "clients", value: 0 });
    const first = await app.request("/api/v1/events");
    expect(first.status).toBe(200);
    for (const _ of [1, 2]) expect((await app.request("/api/v1/events")).status).toBe(503);
    await clock.advance(10_000);
    expect(stream()).toMatchObject({
      status: "degraded",
      reason: "turned 2 clients away within 10 s; there are 1; clears when the check reports a better status for 30s",
    });
    await clock.advance(39_000);
    expect(stream()).toMatchObject({ status: "degraded" });
    await clock.advance(10_000);
    expect(stream()).toMatchObject({ status: "healthy", value: 1 });
    await first.body?.cancel();
    await collector.shutdown();
  });

  it("has a name of its own for each app of a collector", () => {
    const { collector } = scriptedCollector({}, each(["jobs"]));
    createApp(collector);
    createApp(collector);
    const names = collector.health.report().components.map(({ component }) => component);
    expect(names).toEqual(expect.arrayContaining(["stream", "stream-2"]));
  });
});
