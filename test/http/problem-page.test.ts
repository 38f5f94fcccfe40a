import { createHash } from "node:crypto";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { createApp, serveMetrics, type AppOptions } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

function appWith(options: AppOptions): Hono {
  const { clock, collector } = scriptedCollector({}, each(["jobs"]));
  return createApp(collector, { clock, ...options });
}

describe("a problem in a browser", () => {
  it("a host name that is not allowed gets a page with the setting to change, and programs get JSON", async () => {
    const app = appWith({ allowedHosts: [] });
    for (const path of ["/", "/health", "/api/v1/stats", "/badge.svg"]) {
      const page = await app.request(path, { headers: { ...BROWSER, host: "vitals.example:8443" } });
      expect([path, page.status, page.headers.get("content-type")]).toEqual([path, 421, "text/html; charset=utf-8"]);
      expect([page.headers.get("cache-control"), page.headers.get("vary")]).toEqual(["no-store", "accept"]);
      const html = await page.text();
      expect(html).toContain("as <strong>vitals.example</strong>");
      expect(html).toContain("allowed_hosts: [&quot;vitals.example&quot;]");
      for (const accept of ["*/*", "application/json"]) {
        const json = await app.request(path, { headers: { accept, host: "vitals.example" } });
        expect([path, json.status, json.headers.get("content-type")]).toEqual([path, 421, "application/problem+json"]);
      }
    }
  });

  it("the page shows nothing of a Host header that no configuration can contain", async () => {
    const app = appWith({ allowedHosts: [] });
    for (const host of ["<script>alert(1)</script>", 'a"b.example', "a b", "*", "x".repeat(300)]) {
      const html = await (await app.request("/", { headers: { ...BROWSER, host } })).text();
      expect([host, html.includes("does not know this host name"), html.includes(host), html.includes("allowed_hosts")]).toEqual([
        host,
        true,
        false,
        false,
      ]);
    }
  });

  it("the page's policy allows its own style alone", async () => {
    const page = await appWith({ allowedHosts: [] }).request("/", { headers: { ...BROWSER, host: "vitals.example" } });
    const html = await page.text();
    const style = /<style>(.*)<\/style>/.exec(html)?.[1] ?? "";
    expect(page.headers.get("content-security-policy")).toBe(
      `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; frame-ancestors 'none'`,
    );
    expect(html).not.toMatch(/<script|<link|\sstyle=|\son\w+=/);
  });

  it.each(["", "/tools/vitals", "/api/v1/vitals", "/badge/runbooks", "/session"])(
    "an address that needs the token links to the live page below %s",
    async (base) => {
      const app = appWith({ token: "t0ken" });
      const service = base === "" ? app : new Hono().route(base, app);
      for (const path of ["/api/v1/stats", "/api/v1/collections/jobs/samples", "/openapi.json", "/metrics", "/badge/collection:jobs.svg"]) {
        const url = `http://localhost${base}${path}`;
        const page = await service.request(url, { headers: BROWSER });
        expect([path, page.status, page.headers.get("www-authenticate")]).toEqual([path, 401, 'Bearer realm="otel-vitals"']);
        const html = await page.text();
        expect([path, /<h1>(.*?)<\/h1>/.exec(html)?.[1]]).toEqual([path, "Sign in to see this"]);
        const [, link = ""] = /<a href="([^"]+)">live page<\/a>/.exec(html) ?? [];
        expect([path, new URL(link, url).pathname]).toEqual([path, `${base}/`]);
      }
    },
  );

  it("a problem at the page's own address without its last slash links to the page", async () => {
    const url = "http://localhost/tools/vitals";
    const page = await new Hono().route("/tools/vitals", appWith({})).request(url, { method: "POST", headers: BROWSER });
    const [, link = ""] = /<a href="([^"]+)">Live page<\/a>/.exec(await page.text()) ?? [];
    expect([page.status, new URL(link, url).pathname]).toEqual([405, "/tools/vitals/"]);
  });

  it("a server of the metrics alone links to no page, because it has none", async () => {
    await using server = await serveMetrics(async () => ({ text: "", errors: 0 }), { port: 0 });
    const unknown = await fetch(`${server.url}/nope`, { headers: BROWSER });
    const html = await unknown.text();
    expect([unknown.status, html.includes("this address serves only /metrics"), html.includes("<a ")]).toEqual([404, true, false]);
  });

  it("any other problem is a page as well, with its detail as text", async () => {
    const app = appWith({});
    const unknown = await app.request("/api/v1/collections/%3Cb%3E/samples", { headers: BROWSER });
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining("unknown collection &quot;&lt;b&gt;&quot;")]);
    const wrong = await app.request("/health?fail_on=never", { headers: BROWSER });
    expect([wrong.status, wrong.headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"]);
  });
});
