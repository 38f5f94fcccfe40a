import { describe, expect, it } from "vitest";
import { createApp, type AppOptions } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const AUTHORIZED = { headers: { authorization: "Bearer t0ken" } };

async function setUp(options: AppOptions = {}) {
  const { clock, collector } = scriptedCollector(
    { jobs: () => ({ depth: 4 }), down: () => Promise.reject(new Error("secret detail")) },
    { ...each(["jobs", "down"]), health: { for: "0s", startup_grace: "0s" } },
  );
  const app = createApp(collector, { clock, ...options });
  await collector.start();
  await clock.advance(20_000);
  const get = async (path: string, init?: RequestInit) => {
    const response = await app.request(path, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { get, collector, clock };
}

const titleOf = (text: string): string | undefined => /<title>([^<]*)<\/title>/.exec(text)?.[1];
const shapeOf = (text: string): string | undefined => /<path transform="[^"]+" d="([^"]+)"/.exec(text)?.[1];
const wordsOf = (text: string): readonly string[] => [...text.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, word = ""]) => word);
const fillOf = (text: string): string => /<path d="[^"]+" fill="#(\w{6})"/.exec(text)?.[1] ?? "";

/** Relative luminance as WCAG 2 defines it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("badges", () => {
  it("a badge says the status as a word, as a shape of its own and to screen readers, with enough contrast", async () => {
    const { get, collector, clock } = await setUp();
    for (const status of ["degraded", "unhealthy"] as const)
      collector.health.register(status, () => ({ status, reason: "secret reason" }), { interval: "1s" });
    collector.health.register("new", () => new Promise(() => {}), { interval: "1s" });
    await clock.advance(2_000);
    const shapes = new Set<string | undefined>();
    for (const [component, status] of [
      ["collection:jobs", "healthy"],
      ["degraded", "degraded"],
      ["unhealthy", "unhealthy"],
      ["collection:down", "critical"],
      ["new", "unknown"],
    ] as const) {
      const { status: code, headers, text } = await get(`/badge/${component}.svg`);
      expect([component, code, headers.get("content-type")]).toEqual([component, 200, "image/svg+xml"]);
      expect(wordsOf(text)).toEqual([component, status]);
      expect(titleOf(text)).toBe(`${component}: ${status}`);
      expect(text).toContain(`role="img" aria-label="${component}: ${status}"`);
      expect(text).not.toContain("secret");
      expect(1.05 / (luminance(fillOf(text)) + 0.05)).toBeGreaterThan(4.5);
      shapes.add(shapeOf(text));
    }
    expect(shapes.size).toBe(5);
    const { text } = await get("/badge.svg");
    expect([titleOf(text), shapeOf(text)]).toEqual(["vitals: critical", shapeOf((await get("/badge/collection:down.svg")).text)]);
  });

  it("a badge is not kept by browsers or image proxies, runs nothing, and has a status code of 200 whatever the status", async () => {
    const { get } = await setUp();
    const { status, headers } = await get("/badge.svg");
    expect([status, headers.get("cache-control"), headers.get("etag")]).toEqual([200, "no-cache, no-store", null]);
    expect([headers.get("content-security-policy"), headers.get("x-content-type-options")]).toEqual(["default-src 'none'", "nosniff"]);
    expect((await get("/health")).status).toBe(503);
  });

  it("a component that does not exist has a badge that says so, with 404", async () => {
    const { get } = await setUp();
    for (const path of ["/badge/nope.svg", "/badge/collection:jobs.svg.svg", "/badge/a/b.svg", "/badge/%E0%A4%A.svg"]) {
      const { status, headers, text } = await get(path);
      expect([path, status, headers.get("content-type"), wordsOf(text)[1]]).toEqual([path, 404, "image/svg+xml", "unknown component"]);
    }
    for (const path of ["/badge/collection:jobs", "/badge/", "/badge/.svg"]) expect([path, (await get(path)).status]).toEqual([path, 404]);
  });

  it("a label replaces the name, is limited, and adds no markup", async () => {
    const { get } = await setUp();
    const { text } = await get(`/badge.svg?label=${encodeURIComponent('a"<b>&\u0000c')}`);
    expect(wordsOf(text)).toEqual(["a&quot;&lt;b&gt;&amp;\ufffdc", "critical"]);
    expect(titleOf(text)).toBe("a&quot;&lt;b&gt;&amp;\ufffdc: critical");
    expect((await get(`/badge.svg?label=${"x".repeat(61)}`)).status).toBe(400);
    expect((await get("/badge.svg?nope=1")).status).toBe(400);
    const { text: unknown } = await get(`/badge/${encodeURIComponent("<script>")}${"y".repeat(5_000)}.svg`);
    expect(unknown).not.toContain("<script>");
    expect(unknown.length).toBeLessThan(2_000);
  });

  it("with a token, the overall badge needs none, as /health, and those of components need it, also to learn which exist", async () => {
    const { get } = await setUp({ token: "t0ken" });
    expect((await get("/badge.svg")).status).toBe(200);
    for (const name of ["collection:jobs", "nope"]) expect((await get(`/badge/${name}.svg`)).status).toBe(401);
    expect((await get("/badge/collection:jobs.svg", AUTHORIZED)).status).toBe(200);
    const { get: open } = await setUp({ token: "t0ken", publicBadges: true });
    expect(titleOf((await open("/badge/collection:jobs.svg")).text)).toBe("collection:jobs: healthy");
    expect((await open("/api/v1/health")).status).toBe(401);
  });

  it("badges check the Host header", async () => {
    const { get } = await setUp({ allowedHosts: [], publicBadges: true });
    const headers = { host: "evil.example" };
    for (const path of ["/badge.svg", "/badge/collection:jobs.svg"]) expect((await get(path, { headers })).status).toBe(421);
  });
});
