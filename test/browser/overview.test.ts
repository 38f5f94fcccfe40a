import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, open, serve, violations } from "../support/browser.ts";
import { needs } from "../support/programs.ts";
import type { Script, ScriptedConfig } from "../support/scripted.ts";

const COUNT = 12;
const names = Array.from({ length: COUNT }, (_, n) => `queue-${n}`);

const config: ScriptedConfig = {
  sources: Object.fromEntries(names.map((name) => [name, { kind: "scripted", breaker: { failures: 1_000 } }])),
  collections: Object.fromEntries(names.map((name) => [name, { source: name, type: "queue", interval: "300ms" }])),
  health: {
    interval: "1s",
    startup_grace: "0s",
    for: "0s",
    keep_firing_for: "0s",
    flapping: "0s",
    rules: [
      {
        collection: "queue-7",
        field: "depth",
        stat: "last",
        window: "5s",
        above: 50,
        clear: 40,
        keep_firing_for: "0s",
        status: "unhealthy",
      },
    ],
  },
};

/** Twelve queues, of which the eighth can be made too long. */
function sources() {
  const state = { depth: 4 };
  const script: Script = Object.fromEntries(names.map((name) => [name, () => ({ depth: name === "queue-7" ? state.depth : 3 })]));
  return { state, script };
}

const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });
const shows = (page: Page, selector: string, text: string) => page.locator(selector, { hasText: text }).first().waitFor();
const sections = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll("#collections > section")].map(({ dataset }) => dataset.collection)`);

describe("the page of twelve collections in a browser", needs("chromium"), () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(() => browser.close());

  it("page lists what is not healthy first, expands it alone, and links it to its chart", { timeout: 60_000 }, async () => {
    const { state, script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, "#index-counts", "12: 12 healthy");
    expect(await page.locator("#collections .charts:visible").count()).toBe(0);
    expect(await page.locator("#components tr th").first().textContent()).toBe("collection:queue-0");
    state.depth = 80;
    await eventually(() => page.locator("#components tr th").first().textContent()).toBe("collection:queue-7");
    await shows(page, "#components-counts", "1 unhealthy");
    await shows(page, "#index-counts", "12: 1 unhealthy, 11 healthy");
    expect(await page.locator("#collections .charts:visible").count()).toBe(1);
    await shows(page, '#components [data-component="collection:queue-7"] small', "depth");
    await page.locator('#components [data-component="collection:queue-7"] th a').click();
    await page.locator('[data-chart="depth"].revealed').waitFor();
    expect(new URL(page.url()).hash).toBe("#collection=queue-7&chart=depth");
    expect(await sections(page)).toEqual(["queue-7"]);
    expect(await page.locator("#components").isVisible()).toBe(false);
    expect(await page.locator("#index").isVisible()).toBe(false);
    await page.locator("#all-collections a").click();
    await eventually(() => sections(page)).toEqual(names);
    expect(tab.errors).toEqual([]);
  });

  it("page finds collections and fields, and keeps text and filter in the address", { timeout: 60_000 }, async () => {
    const { state, script } = sources();
    state.depth = 80;
    await using served = await serve(script, config);
    await using tab = await open(browser, `${served.url}/#find=queue-1`);
    const { page } = tab;
    await eventually(() => sections(page)).toEqual(["queue-1", "queue-10", "queue-11"]);
    expect(await page.inputValue("#find")).toBe("queue-1");
    // The keys of shortcuts are text here.
    await page.fill("#find", "");
    await page.locator("#find").pressSequentially("depth pt1");
    await eventually(() => sections(page)).toEqual([]);
    expect(await page.locator("#index-none").isVisible()).toBe(true);
    expect(await page.isVisible("#freshness.paused")).toBe(false);
    await page.fill("#find", "depth queue-7");
    await eventually(() => sections(page)).toEqual(["queue-7"]);
    // The text is about a field: its chart alone is shown.
    await page.locator('[data-collection="queue-7"] [data-chart="depth"]').waitFor();
    expect(await page.locator("[data-chart]").count()).toBe(1);
    await page.fill("#find", "");
    await page.check("#problems");
    await eventually(() => sections(page)).toEqual(["queue-7"]);
    expect(new URL(page.url()).hash).toBe("#only=problems");
    await page.reload();
    await eventually(() => sections(page)).toEqual(["queue-7"]);
    await page.uncheck("#problems");
    await eventually(() => sections(page)).toHaveLength(COUNT);
    await page.click("#fold-all");
    await eventually(() => page.locator("#collections .charts:visible").count()).toBe(0);
    await page.click("#fold-all");
    await eventually(() => page.locator("#collections .charts:visible").count()).toBe(COUNT);
    await page.locator('[data-collection="queue-3"] .fold').click();
    await eventually(() => page.locator("#collections .charts:visible").count()).toBe(COUNT - 1);
    expect(await violations(page)).toEqual([]);
    expect(tab.errors).toEqual([]);
  });

  it("page folds the collector's own components until one is not healthy", { timeout: 60_000 }, async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    let status: "healthy" | "degraded" = "healthy";
    // A component with the name of a sink, since the scripted collector has none.
    using _ = served.collector.health.register("sink:pager", () => ({ status, reason: "of the test" }), {
      interval: "200ms",
      keepFiringFor: "0s",
    });
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, "#internals-toggle", "Collector itself: 3 healthy");
    expect(await page.locator("#internals").isVisible()).toBe(false);
    await page.click("#internals-toggle");
    expect(await page.locator("#internals").isVisible()).toBe(true);
    await page.click("#internals-toggle");
    status = "degraded";
    await page.locator('#internals [data-component="sink:pager"]').waitFor();
    expect(await page.getAttribute("#internals-toggle", "aria-expanded")).toBe("true");
    await shows(page, "#internals-toggle", "1 degraded, 2 healthy");
    expect(await page.locator("#internals tr th").first().textContent()).toBe("sink:pager");
    status = "healthy";
    await eventually(() => page.locator("#internals").isVisible()).toBe(false);
  });

  it("page never says that all is healthy of a collector that it cannot reach", { timeout: 60_000 }, async () => {
    const { script } = sources();
    const served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, "#incidents-title", "All 26 components are healthy");
    await served[Symbol.asyncDispose]();
    await shows(
      page,
      "#incidents-title",
      "No current data: the page has no connection to the collector. Last known: all 26 components are healthy",
    );
    expect(await page.textContent("#overall-status")).toBe("no data");
    expect(await page.title()).toBe("○ no data · job-agent");
    expect(await page.getAttribute("#incidents", "data-status")).toBe("unknown");
  });

  it("page cuts no column and does not scroll sideways at any width, nor at 200 % zoom", { timeout: 90_000 }, async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, "#index-counts", "12: 12 healthy");
    await page.locator('[data-collection="queue-3"] .fold').click();
    await page.locator('[data-collection="queue-3"] .tables summary').click();
    await page.locator('[data-collection="queue-3"] .tables details tbody tr').first().waitFor();
    // 720 pixels are 1440 at 200 % zoom.
    for (const width of [320, 390, 400, 600, 720, 768, 821, 900, 1024, 1199, 1200, 1280, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const isCut = `[...document.querySelectorAll(".scroll")].filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.ariaLabel)`;
      const isBroken = `[...document.querySelectorAll("#components th a")].filter((each) => each.getClientRects().length > 1).map((each) => each.textContent)`;
      await eventually(() => page.evaluate(`JSON.stringify([document.documentElement.scrollWidth, ${isCut}, ${isBroken}])`)).toBe(
        JSON.stringify([width, [], []]),
      );
    }
    expect(await page.locator(".scroll").count()).toBeGreaterThan(10);
    // The rows of a narrow table are still one, without a cell for a trend that is not known.
    await page.setViewportSize({ width: 390, height: 800 });
    const row = page.getByRole("row", { name: "collection:queue-3" });
    expect(await row.locator(".trend").textContent()).toBe("–");
    expect(await row.getByRole("cell").count()).toBe(4);
    expect(await violations(page)).toEqual([]);
  });

  it("page prints in the light theme, with every chart and without its controls", { timeout: 60_000 }, async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url, { colorScheme: "dark" });
    const { page } = tab;
    await shows(page, "#index-counts", "12: 12 healthy");
    await page.click("#fold-all");
    await eventually(() => page.locator("[data-chart]").count()).toBe(2 * COUNT);
    expect(await page.locator("canvas").count()).toBeLessThan(2 * COUNT);
    await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("canvas").count()).toBe(2 * COUNT);
    expect(await page.getAttribute("html", "data-theme")).toBe("light");
    expect(await page.isVisible("#windows")).toBe(false);
    expect(await page.isVisible("#overall-status")).toBe(true);
    await page.evaluate(`dispatchEvent(new Event("afterprint"))`);
    expect(await page.getAttribute("html", "data-theme")).toBe("dark");
  });
});
