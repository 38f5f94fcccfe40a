import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, open, serve, violations } from "../support/browser.ts";
import { needs } from "../support/programs.ts";
import { each } from "../support/scripted.ts";

describe("a problem in a browser", needs("chromium"), () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(() => browser.close());

  it("a person without the token is led to the live page, where they sign in", { timeout: 60_000 }, async () => {
    await using served = await serve({ jobs: () => ({ depth: 1 }) }, each(["jobs"]), { token: "t0ken" });
    await using tab = await open(browser, `${served.url}/api/v1/collections`);
    const { page, errors } = tab;
    expect(await page.textContent("h1")).toBe("Sign in to see this");
    expect(await page.evaluate("getComputedStyle(document.body).maxWidth")).toBe("704px");
    expect(await violations(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.click("main a");
    await page.waitForSelector("#sign-in[open]");
  });

  it("a person at an unknown host name reads which setting to change, on a phone as well", { timeout: 60_000 }, async () => {
    await using served = await serve({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    await using tab = await open(browser, "about:blank", { viewport: { width: 320, height: 700 } });
    const { page } = tab;
    const url = `http://vitals-of-the-whole-team.example.com:${served.port}/`;
    // The name does not exist: the request goes to the collector, with the name as its Host.
    await page.route(url, async (route) => {
      const response = await route.fetch({ url: `${served.url}/`, headers: { ...route.request().headers(), host: new URL(url).host } });
      await route.fulfill({ response });
    });
    expect((await page.goto(url))?.status()).toBe(421);
    expect(await page.textContent("pre")).toContain('allowed_hosts: ["vitals-of-the-whole-team.example.com"]');
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    expect(await violations(page)).toEqual([]);
  });
});
