import { describe, expect, it } from "vitest";
import type { PauseReport } from "../../src/http/index.ts";
import { createApp, type AppOptions } from "../../src/http/index.ts";
import { isVitalsError } from "../../src/base/errors.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const TOKEN = "t0ken";
const BEARER = { authorization: `Bearer ${TOKEN}` };

async function setUp(options: AppOptions = {}) {
  const { clock, collector } = scriptedCollector(
    { jobs: () => ({ depth: 4 }) },
    { ...each(["jobs"]), health: { for: "0s", startup_grace: "0s" } },
  );
  const app = createApp(collector, { clock, token: TOKEN, ...options });
  await collector.start();
  await clock.advance(10_000);
  const post = (path: string, headers: Record<string, string>, remoteAddress?: string) => {
    const env = remoteAddress === undefined ? {} : { incoming: { socket: { remoteAddress } } };
    return app.request(`/api/v1/${path}`, { method: "POST", headers }, env);
  };
  const paused = async (): Promise<PauseReport | undefined> => {
    const { collections } = (await (await app.request("/api/v1/collections", { headers: BEARER })).json()) as {
      collections: { pause?: PauseReport }[];
    };
    return collections[0]?.pause;
  };
  const ofComponent = () => collector.health.report().components.find(({ component }) => component === "collection:jobs");
  return { app, clock, collector, post, paused, ofComponent };
}

describe("a pause", () => {
  it("a pause says since when and by whom: the name that was given, the token, and the address of the client", async () => {
    const { post, paused, ofComponent, collector } = await setUp();
    expect(await paused()).toBeUndefined();
    const response = await post("collections/jobs/pause?by=nightly%20backup", BEARER, "::ffff:192.0.2.7");
    const pause = { since: "2026-01-01T00:00:10.000Z", by: "nightly backup", access: "token", address: "192.0.2.7" };
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ state: "paused", pause })]);
    expect(await paused()).toEqual(pause);
    expect(ofComponent()).toMatchObject({ status: "unknown", reason: "paused by nightly backup (192.0.2.7)" });
    expect(collector.health.history({ component: "collection:jobs" }).at(-1)?.reason).toBe("paused by nightly backup (192.0.2.7)");
  });

  it("a pause from the page says that it came from a signed-in browser, and a proxy that is trusted reports the address", async () => {
    const { app, post, paused } = await setUp({ trustedProxies: ["10.0.0.0/8"] });
    const signIn = await app.request("/session", { method: "POST", body: JSON.stringify({ token: TOKEN }) });
    const cookie = (signIn.headers.get("set-cookie") ?? "").split(";")[0] as string;
    await post("collections/jobs/pause", { cookie, "x-otel-vitals": "page", "x-forwarded-for": "2001:db8::7" }, "10.1.1.1");
    expect(await paused()).toEqual({ since: "2026-01-01T00:00:10.000Z", access: "session", address: "2001:db8::7" });
  });

  it("what is not known about a pause is absent", async () => {
    const { collector, clock, paused, post, ofComponent } = await setUp();
    collector.pause("jobs");
    expect(await paused()).toEqual({ since: "2026-01-01T00:00:10.000Z" });
    expect(ofComponent()?.reason).toBe("paused");
    collector.resume("jobs");
    await clock.advance(2_000);
    await post("collections/jobs/pause", BEARER);
    expect(await paused()).toEqual({ since: "2026-01-01T00:00:12.000Z", access: "token" });
  });

  it("another pause of a paused collection changes nothing, and none is left after it is resumed or stopped", async () => {
    const { collector, clock, paused, post } = await setUp();
    collector.pause("jobs", { by: "the first" });
    await clock.advance(5_000);
    expect((await post("collections/jobs/pause?by=second", BEARER)).status).toBe(200);
    expect(await paused()).toEqual({ since: "2026-01-01T00:00:10.000Z", by: "the first" });
    await post("collections/jobs/resume", BEARER);
    expect(await paused()).toBeUndefined();
    collector.pause("jobs", { by: "the third" });
    await collector.shutdown();
    expect(collector.collection("jobs").report()).toMatchObject({ state: "stopped" });
    expect(collector.collection("jobs").report()).not.toHaveProperty("pause");
  });

  it.each(["", "x".repeat(101), "a\nb", "a\u202Eb", "\u001b[2J"])("the name %j is refused, and pauses nothing", async (by) => {
    const { post, paused, collector } = await setUp();
    const response = await post(`collections/jobs/pause?by=${encodeURIComponent(by)}`, BEARER);
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      400,
      expect.stringMatching(/^by: expected at most 100 printable characters on one line, found "/),
    ]);
    const thrown = (() => {
      try {
        return collector.pause("jobs", { by });
      } catch (error) {
        return error;
      }
    })();
    expect(isVitalsError(thrown) && thrown.code).toBe("config_invalid");
    expect(await paused()).toBeUndefined();
  });
});
