import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, open, serve, violations } from "../support/browser.ts";
import { needs } from "../support/programs.ts";
import type { ScriptedConfig } from "../support/scripted.ts";

const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });
const shows = (page: Page, selector: string, text: string) => page.locator(selector, { hasText: text }).first().waitFor();
/** Resolves after the frame that follows a click. */
const nextFrame = (page: Page): Promise<unknown> =>
  page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");

/** The machine is measured, so that there are breakdowns, counters, limits and an uptime. */
const config: ScriptedConfig = {
  sources: { here: { kind: "host" }, queue: { kind: "scripted" } },
  collections: { jobs: { source: "queue", type: "queue", interval: "300ms" }, machine: { source: "here", interval: "300ms" } },
  health: { interval: "1s", startup_grace: "0s" },
};
const script = { queue: () => ({ depth: 7 }) };

describe("the charts in a browser", needs("chromium"), () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(() => browser.close());

  it("page zooms into a range by dragging, keeps it in the address, and returns", { timeout: 60_000 }, async () => {
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    const chart = page.locator('[data-chart="depth"]');
    await shows(page, '[data-chart="depth"] .chart-value', "7");
    await page.click('#windows label:has([value="1m"])');
    await nextFrame(page);
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.locator(".u-over").boundingBox()) as { x: number; y: number; width: number; height: number };
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, y, { steps: 5 });
    await page.mouse.up();
    await shows(page, "#linked-time-text", "From ");
    const address = new URLSearchParams(new URL(page.url()).hash.slice(1));
    const length = Date.parse(address.get("to") ?? "") - Date.parse(address.get("from") ?? "");
    // Half of a window of one minute.
    expect(length).toBeGreaterThan(25_000);
    expect(length).toBeLessThan(31_000);
    expect(await page.isVisible("#linked-time-download")).toBe(false);
    await page.reload();
    await shows(page, "#linked-time-text", "From ");
    await page.click("#linked-time-leave");
    await eventually(() => page.isVisible("#linked-time")).toBe(false);
    // A click without a drag opens nothing.
    await chart.locator(".u-over").click();
    expect(new URL(page.url()).hash).toBe("");
    expect(tab.errors).toEqual([]);
  });

  it("page shows any range that the user enters", { timeout: 60_000 }, async () => {
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url, { timezoneId: "America/New_York" });
    const { page } = tab;
    await shows(page, '[data-chart="depth"] .chart-value', "7");
    await page.click("#range-open");
    // 3600 samples, one each 300 ms.
    await shows(page, "#range-kept", "The collector keeps 1h");
    await page.fill("#range-from", "2026-01-01T07:00:05");
    await page.fill("#range-to", "2026-01-01T07:00:00");
    await page.click('#range-form button[type="submit"]');
    await shows(page, "#range-error", "The range has to start before it ends");
    await page.fill("#range-to", "2026-01-01T07:30:05");
    await page.click('#range-form button[type="submit"]');
    await eventually(() => new URL(page.url()).hash).toBe("#from=2026-01-01T12:00:05.000Z&to=2026-01-01T12:30:05.000Z");
    await shows(page, "#linked-time-text", "From 1 Jan 07:00:05 to 1 Jan 07:30:05");
    expect(await violations(page)).toEqual([]);
  });

  it("page shows one part alone after a click in a legend, and describes every chart", { timeout: 60_000 }, async () => {
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    const memory = page.locator('[data-chart="memoryUsage"]');
    await memory.scrollIntoViewIfNeeded();
    await shows(page, '[data-chart="memoryUsage"] .chart-value', "used ");
    const free = memory.locator("button", { hasText: "free" });
    await free.click();
    expect(await free.getAttribute("aria-pressed")).toBe("true");
    await shows(page, '[data-chart="memoryUsage"] .chart-value', "free ");
    const decoration = (label: string) =>
      page.evaluate<string>(
        `getComputedStyle([...document.querySelectorAll('[data-chart="memoryUsage"] .part')].find((each) => each.textContent === "${label}")).textDecorationLine`,
      );
    expect([await decoration("used"), await decoration("free")]).toEqual(["line-through", "none"]);
    await free.click();
    await shows(page, '[data-chart="memoryUsage"] .chart-value', "used ");
    // A swatch looks as what it stands for: an area in a stack, and dashes where lines are dashed.
    expect(await memory.locator("svg.swatch rect").count()).toBe(await memory.locator("li").count());
    const dashes = await page.locator('[data-chart="networkIo"] svg.swatch path').nth(1).getAttribute("stroke-dasharray");
    expect(dashes).toBe("6 3");
    // Limits and the uptime are text.
    expect(await page.locator('[data-chart="uptime"], [data-chart="memoryLimit"]').count()).toBe(0);
    await shows(page, '[data-collection="machine"] .fixed', "Uptime ");
    await shows(page, '[data-collection="machine"] .fixed', "Memory limit ");
    expect(await memory.locator(".chart-about").isVisible()).toBe(true);
    // A counter has its rate alone.
    await page.click('[data-collection="machine"] .tables summary');
    const row = page.locator('[data-collection="machine"] .tables details tbody tr', { hasText: "Network I/O" }).first();
    await row.waitFor();
    expect((await row.locator("td").allTextContents()).map((text) => text !== "")).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(await violations(page)).toEqual([]);
    expect(tab.errors).toEqual([]);
  });
});
