import { Hono } from "hono";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp, type AppOptions } from "../../src/http/index.ts";
import { Page, readAssets, type Assets } from "../../src/http/page.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

function appWith(options: AppOptions = {}): Hono {
  const { clock, collector } = scriptedCollector({}, each(["jobs"]));
  return createApp(collector, { clock, ...options });
}

let assets: Assets;
beforeAll(async () => void (assets = await readAssets()));

/** Every address in the page that it loads something from. */
const loaded = (html: string): readonly string[] => [...html.matchAll(/(?:src|href)="(page\/[^"]+)"/g)].map((match) => match[1] as string);

describe("the page", () => {
  it("the root returns the page to browsers and links as JSON to other clients", async () => {
    const app = appWith();
    const page = await app.request("/", { headers: BROWSER });
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers.get("vary")).toContain("accept");
    for (const headers of [{}, { accept: "*/*" }, { accept: "application/json" }]) {
      const links = await app.request("/", { headers });
      expect(await links.json()).toMatchObject({ name: "otel-vitals", links: { events: "api/v1/events" } });
    }
    expect((await app.request("/nope", { headers: BROWSER })).status).toBe(404);
  });

  it("the page has a policy that allows no other origin and no inline code, and complies with it", async () => {
    const page = await appWith().request("/", { headers: BROWSER });
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';/);
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
    expect(html.match(/https?:\/\//g)).toBeNull();
  });

  it("the page loads only files that are served, compressed if accepted, and cached for ever if named by a hash", async () => {
    const app = appWith();
    const names = loaded(await (await app.request("/", { headers: BROWSER })).text());
    expect(names).toHaveLength(3);
    for (const name of names) {
      const plain = await app.request(`/${name}`);
      const small = await app.request(`/${name}`, { headers: { "accept-encoding": "gzip, br" } });
      expect([name, plain.status, small.headers.get("content-encoding")]).toEqual([name, 200, "gzip"]);
      expect(gunzipSync(await small.arrayBuffer())).toEqual(Buffer.from(await plain.arrayBuffer()));
      const isHashed = /-[A-Z0-9]{8}\./.test(name);
      expect(plain.headers.get("cache-control")).toBe(isHashed ? "public, max-age=31536000, immutable" : "no-cache");
      const again = await app.request(`/${name}`, { headers: { "if-none-match": plain.headers.get("etag") ?? "" } });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
    for (const path of ["/page/index.html", "/page/nope.js", "/page/..%2fpackage.json", "/page/%2e%2e/package.json"])
      expect([path, (await app.request(path)).status]).toEqual([path, 404]);
  });

  it("the page has an icon for each status", () => {
    expect([...assets.keys()].filter((name) => name.startsWith("icon-")).sort()).toEqual(
      ["critical", "degraded", "healthy", "unhealthy", "unknown"].map((status) => `icon-${status}.svg`),
    );
  });

  it("the page works under any path, and has no absolute URL", async () => {
    const service = new Hono().route("/tools/vitals", appWith());
    const moved = await service.request("/tools/vitals", { headers: BROWSER });
    expect([moved.status, moved.headers.get("location")]).toEqual([308, "./vitals/"]);
    const page = await service.request("/tools/vitals/", { headers: BROWSER });
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).not.toMatch(/(?:src|href)="\//);
    for (const name of loaded(html)) expect((await service.request(`/tools/vitals/${name}`)).status).toBe(200);
    expect((await service.request("/tools/vitals/", { headers: { accept: "application/json" } })).status).toBe(200);
    expect((await service.request("/tools/vitals/nope", { headers: BROWSER })).status).toBe(404);
  });

  it("the page needs no token but an allowed Host header", async () => {
    const app = appWith({ token: "t0ken", allowedHosts: [] });
    expect((await app.request("/", { headers: BROWSER })).status).toBe(200);
    expect((await app.request("/")).status).toBe(401);
    expect((await app.request("/", { headers: { ...BROWSER, host: "evil.example" } })).status).toBe(421);
    expect((await app.request("/page/icon-healthy.svg", { headers: { host: "evil.example" } })).status).toBe(421);
  });

  it("the root returns links if the page is not built", async () => {
    expect([...(await readAssets("/nowhere/at/all"))]).toEqual([]);
    const page = new Page("/nowhere/at/all");
    const app = new Hono().get("/page/:file", page.file()).get("/", page.index(), (c) => c.text("the links"));
    expect(await (await app.request("/", { headers: BROWSER })).text()).toBe("the links");
    expect((await app.request("/page/index.html")).status).toBe(404);
  });
});
