import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const NAMES = readdirSync("docs/runbooks").map((file) => file.replace(/\.md$/, ""));

function app(token?: string) {
  const { clock, collector } = scriptedCollector({}, each(["jobs"]));
  return createApp(collector, { clock, ...(token === undefined ? {} : { token, allowedHosts: ["vitals.example"] }) });
}

const linksOf = (html: string): readonly string[] => [...html.matchAll(/<a href="([^"]+)"/g)].map(([, href = ""]) => href);

describe("runbooks", () => {
  it.each(NAMES)("the collector serves the runbook of %s, and everything it links to", async (name) => {
    const served = app();
    const response = await served.request(`/runbooks/${name}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    const html = await response.text();
    expect(html).toContain(`<h1>${name}</h1>`);
    expect([...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading)).toEqual([
      "What happened",
      "Why it matters",
      "What to check",
      "How it recovers",
    ]);
    const links = linksOf(html);
    expect(links).toContain("../");
    for (const link of links) {
      const { pathname } = new URL(link, `http://vitals/runbooks/${name}`);
      expect([link, (await served.request(pathname, { headers: { accept: "text/html" } })).status]).toEqual([link, 200]);
    }
  });

  it("the collector serves what components are, with the runbook of each alert that one raises", async () => {
    const served = app();
    const response = await served.request("/runbooks/components");
    expect(response.status).toBe(200);
    const links = linksOf(await response.text());
    const builtIn = [...readFileSync("docs/rules.md", "utf8").matchAll(/^\| `(Vitals[A-Za-z]+)` \|/gm)].map(([, alert = ""]) => alert);
    expect(builtIn.length).toBeGreaterThan(12);
    expect(builtIn.filter((alert) => !links.includes(alert))).toEqual([]);
    for (const link of links.filter((each) => each !== "../"))
      expect([link, (await served.request(`/runbooks/${link}`)).status]).toEqual([link, 200]);
  });

  it("a runbook is also served under the name of its file, for links to a folder of files", async () => {
    const page = await app().request("/runbooks/VitalsDown");
    const file = await app().request("/runbooks/VitalsDown.md");
    expect([file.status, await file.text()]).toEqual([200, await page.text()]);
  });

  it("the style of a runbook is served, and what has no runbook is not found", async () => {
    expect((await app().request("/page/runbook.css")).status).toBe(200);
    for (const path of ["/runbooks/Nope", "/runbooks/", "/runbooks/..%2findex", "/page/runbook-VitalsDown.html"])
      expect([path, (await app().request(path)).status]).toEqual([path, 404]);
  });

  it("a runbook needs no token, because it contains nothing of this collector, but an allowed host", async () => {
    const served = app("secret");
    expect((await served.request("http://vitals.example/runbooks/VitalsDown")).status).toBe(200);
    expect((await served.request("http://other.example/runbooks/VitalsDown")).status).toBe(421);
  });
});
