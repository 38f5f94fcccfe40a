import { Hono } from "hono";
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/http/index.ts";
import { listen } from "../../src/http/listen.ts";
import { launch, open, serve, violations, type Served } from "../support/browser.ts";
import type { ScriptedConfig } from "../support/scripted.ts";
import { needs } from "../support/programs.ts";
import { follow } from "../support/events.ts";

/** Two collections with short intervals, and rules without hold times. */
const config: ScriptedConfig = {
  sources: { queue: { kind: "scripted", breaker: { failures: 1_000 } }, crew: { kind: "scripted", breaker: { failures: 1_000 } } },
  collections: {
    jobs: { source: "queue", type: "queue", interval: "200ms" },
    workers: { source: "crew", type: "worker", interval: "500ms" },
  },
  health: {
    interval: "1s",
    startup_grace: "0s",
    for: "0s",
    keep_firing_for: "0s",
    flapping: "0s",
    success: { degraded_below: 0.95, degraded_clear: 0.95, critical_below: 0.2, critical_clear: 0.2 },
    rules: [
      {
        collection: "jobs",
        field: "depth",
        stat: "last",
        window: "5s",
        above: 50,
        clear: 40,
        keep_firing_for: "0s",
        status: "unhealthy",
        summary: "Jobs wait: the workers are slow or have stopped.",
      },
    ],
  },
};

/** Sources that a test can break. */
function sources() {
  const state = { depth: 4, isBroken: false };
  const script = {
    queue: () => {
      if (state.isBroken) throw new Error("the queue is unavailable");
      return { depth: state.depth };
    },
    crew: () => ({ busy: 0.25 }),
  };
  return { state, script };
}

const chart = (page: Page, id: string) => page.locator(`[data-chart="${id}"]`);
/** Polled over the debugging protocol, because the page's Content-Security-Policy forbids evaluation inside it. */
const until = (page: Page, expression: string) => eventually(() => page.evaluate(`Boolean(${expression})`)).toBe(true);
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });
const shows = (page: Page, selector: string, text: string | RegExp) => page.locator(selector, { hasText: text }).first().waitFor();
/** Three seconds or more: a busy machine may show the third one too briefly to be seen. */
const NO_DATA_FOR_SECONDS = /no data for ([3-9]|\d\d)/;

/** How many samples of `jobs` the page has. */
const samplesOn = (page: Page) => page.evaluate<number>(`Number(document.querySelector('[data-collection="jobs"]').dataset.count)`);

/** How many samples of `jobs` the page has, with the times of the first and last, and the same of the collector's up to that last. */
async function compared(page: Page, { collector }: Served): Promise<readonly [page: string, collector: string]> {
  const [first, last, count] = await page.evaluate<[string, string, string]>(
    `(({ first, last, count }) => [first, last, count])(document.querySelector('[data-collection="jobs"]').dataset)`,
  );
  const there = collector
    .collection("jobs")
    .recent(10_000)
    .map(({ time }) => time)
    .filter((time) => time <= last);
  return [`${first} ${last} ${count}`, `${there.at(-1)} ${there[0]} ${there.length}`];
}

/** Headless Chromium does not report a hidden tab, so the test sets the state itself. */
const setVisibility = (page: Page, state: "hidden" | "visible") =>
  page.evaluate(
    `Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "${state}" }); document.dispatchEvent(new Event("visibilitychange"));`,
  );

describe("the page in a browser", needs("chromium"), () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(() => browser.close());

  it("page shows status, components, charts, windows and resource use over one stream, without errors", async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, "#service", "job-agent");
    await shows(page, "#overall-status", "healthy");
    await shows(page, "#incidents-title", "All 6 components are healthy");
    const { checks } = (await (await fetch(`${served.url}/health`)).json()) as { readonly checks: object };
    expect(Object.keys(checks)).toHaveLength(6);
    await shows(page, "#freshness", "last sample");
    await until(page, `document.title === "● healthy · job-agent"`);
    expect(await page.getAttribute("#icon", "href")).toBe("page/icon-healthy.svg");
    expect(await page.locator("#components tr th").allTextContents()).toEqual([
      "collection:jobs",
      "collection:workers",
      "source:queue",
      "source:crew",
    ]);
    expect(await page.locator("#internals tr th").allTextContents()).toEqual(["process", "stream"]);
    expect(await page.locator("#components-counts").textContent()).toBe("6 healthy");
    const row = page.locator('#components [data-component="collection:jobs"]');
    expect(await row.locator("td").allTextContents()).toEqual([
      "healthy",
      expect.stringMatching(/^Last hour: .*1 min healthy$|unknown/),
      "100 % success rate",
      "100 %",
      "–",
    ]);
    await shows(page, '[data-chart="depth"] .chart-value', "4");
    await shows(page, '[data-chart="busy"] .chart-value', "25 %");
    await until(page, `/Depth: now 4, range 4 to 4/.test(document.querySelector('[data-chart="depth"] .chart-canvas').ariaLabel ?? "")`);
    await shows(page, '[data-collection="jobs"] .tables tbody tr', "15m");
    await page.click('[data-collection="jobs"] .tables summary');
    await shows(page, '[data-collection="jobs"] .tables details tbody tr', "Depth");
    await shows(page, "#footer", "of a core");
    expect(await page.locator("#footer dt").allTextContents()).toEqual(
      expect.arrayContaining(["Memory", "Missed ticks", "Stream clients", "Exporters"]),
    );
    expect(served.collector.stats().process.residentBytes).toBeGreaterThan(1e6);
    expect(tab.requests.filter((url) => url.includes("/events"))).toHaveLength(1);
    expect(tab.errors).toEqual([]);
  });

  it("page lists incidents first with reason and recovery, and removes them after recovery", { timeout: 90_000 }, async () => {
    const { state, script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, "#overall-status", "healthy");
    state.isBroken = true;
    const item = page.locator('#incidents [data-component="collection:jobs"]');
    await item.waitFor();
    await shows(page, "#incidents .reason", "the queue is unavailable");
    expect(await item.locator(".summary").textContent()).toBe("");
    // What clears it is said once, in the reason.
    await eventually(() => item.textContent()).toMatch(/^(?!.*clears.*clears).*; clears at 0\.\d+ or above/);
    expect(await item.textContent()).not.toContain("Recovers when");
    expect(await item.locator("svg.mark").count()).toBe(1);
    await until(page, `/^[▲◆✖] (degraded|unhealthy|critical) · job-agent$/.test(document.title)`);
    expect(await page.getAttribute("#icon", "href")).toMatch(/^page\/icon-(degraded|unhealthy|critical)\.svg$/);
    await shows(page, '[data-chart="depth"]', NO_DATA_FOR_SECONDS);
    expect(await chart(page, "depth").getAttribute("class")).toContain("stale");
    expect(Number(await chart(page, "depth").getAttribute("data-gaps"))).toBeGreaterThan(0);
    await shows(page, "#events .what", "collection:jobs changed from");
    await shows(page, "#events .what", "alert VitalsCollectionFailing fired");
    expect(await page.locator("#events .runbook").first().getAttribute("href")).toBe("runbooks/VitalsCollectionFailing");
    expect(await item.locator(".runbook").getAttribute("href")).toBe("runbooks/VitalsCollectionFailing");
    expect(await (await fetch(`${served.url}/runbooks/VitalsCollectionFailing`)).text()).toContain("VitalsCollectionFailing");
    state.isBroken = false;
    state.depth = 80;
    await shows(page, "#incidents .reason", "depth over 5s is 80 (unhealthy above 50)");
    await eventually(() => item.locator(".summary").textContent()).toBe("Jobs wait: the workers are slow or have stopped.");
    state.depth = 7;
    await shows(page, "#events .what", "alert JobsDepthLast resolved");
    expect(tab.errors).toEqual([]);
  });

  it("page reconnects after a restart of the collector, reports it, and has every sample since", async () => {
    const { script } = sources();
    const first = await serve(script, config);
    await using tab = await open(browser, first.url);
    const { page } = tab;
    await shows(page, '[data-chart="depth"] .chart-value', "4");
    await first[Symbol.asyncDispose]();
    await shows(page, "#notice", "Retrying");
    await shows(page, "#freshness", NO_DATA_FOR_SECONDS);
    await until(page, `document.title === "○ no data · job-agent"`);
    await shows(page, "#overall-status", "no data");
    await shows(page, '[data-chart="depth"] .chart-value', "no data for");
    // With another rhythm, so that the numbers of its samples are others.
    const { jobs, workers } = config.collections ?? {};
    const faster = { ...config, collections: { workers: { ...workers, interval: "150ms" }, jobs } } as ScriptedConfig;
    await using second = await serve(script, faster, { port: first.port });
    await page.click("#retry").catch(() => undefined);
    await shows(page, "#notice", "The collector restarted at");
    await shows(page, '[data-chart="depth"] .chart-value', "4");
    await until(page, `Number(document.querySelector('[data-collection="jobs"]').dataset.count) > 10`);
    const [here, there] = await compared(page, second);
    expect(here).toBe(there);
    expect(Number(await chart(page, "depth").getAttribute("data-gaps"))).toBeGreaterThan(0);
    expect(tab.requests.filter((url) => url.includes("last_event_id=")).length).toBeGreaterThan(0);
    expect(tab.errors).toEqual([]);
  });

  it("page shows the reason of a 503, and connects once a client has left", async () => {
    const { script } = sources();
    await using served = await serve(script, config, { maxClients: 1 });
    const other = follow(`${served.url}/api/v1/events`);
    await other.until("hello");
    await using tab = await open(browser, served.url);
    await shows(tab.page, "#notice", "The collector returned 503");
    other[Symbol.dispose]();
    await eventually(() => clientsOf(served)).toBe(0);
    await tab.page.click("#retry");
    await shows(tab.page, '[data-chart="depth"] .chart-value', "4");
    expect(await tab.page.isVisible("#notice")).toBe(false);
  });

  it("page says that a proxy's sign-in page answers, and reads nothing of it", async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    const events: number[] = [];
    const proxy = new Hono()
      .get("/api/v1/*", (c) => {
        if (c.req.path.endsWith("/events")) events.push(performance.now());
        return c.html("<!doctype html>\n\n<form>Sign in</form>\n\ndata: {}\n\n");
      })
      .route("/", createApp(served.collector));
    await using listener = await listen(proxy, { port: 0 });
    await using tab = await open(browser, listener.url);
    await shows(tab.page, "#notice", "Received text/html instead of an event stream; a proxy may require you to sign in. Retrying");
    await eventually(() => events.length).toBe(4);
    // At least half of 2, 4 and 8 s.
    const [first = 0, , , fourth = 0] = events;
    expect(fourth - first).toBeGreaterThan(6_900);
    expect(await tab.page.textContent("#overall-status")).toBe("unknown");
    expect(tab.errors).toEqual([]);
  });

  it("page closes its stream while hidden, and resumes from the last event when shown", async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, '[data-chart="depth"] .chart-value', "4");
    await until(page, `document.querySelector('[data-collection="jobs"] .tables tbody tr')`);
    await setVisibility(page, "hidden");
    await eventually(() => clientsOf(served)).toBe(0);
    const count = await samplesOn(page);
    const { head } = served.collector.stats().journal;
    await eventually(() => served.collector.stats().journal.head).toBeGreaterThan(head + 40);
    await setVisibility(page, "visible");
    await eventually(() => samplesOn(page)).toBeGreaterThan(count + 20);
    const [here, there] = await compared(page, served);
    expect(here).toBe(there);
    const streams = tab.requests.filter((url) => url.includes("/events"));
    expect(streams).toHaveLength(2);
    expect(streams[1]).toContain(`last_event_id=${served.collector.bootId}-`);
    await eventually(() => clientsOf(served)).toBe(1);
  });

  it("page marks the charts of a paused collection as stale while others continue", async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    await shows(tab.page, '[data-chart="depth"] .chart-value', "4");
    served.collector.pause("jobs");
    await shows(tab.page, '[data-chart="depth"] .chart-value', "no data for");
    expect(await chart(tab.page, "busy").locator(".chart-value").textContent()).toBe("25 %");
    expect(await tab.page.textContent("#freshness")).toContain("last sample");
  });

  it("page opens a linked time with the minute before and after, and downloads both as one file", async () => {
    const { state, script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, "#overall-status", "healthy");
    state.depth = 80;
    const event = page.locator("#events li", { hasText: /collection:jobs changed from \w+ to unhealthy/ });
    await event.locator("a").click();
    await shows(page, "#linked-time-text", "collection:jobs changed to unhealthy. depth over 5s is 80 (unhealthy above 50)");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#linked-time-download")]);
    expect(download.suggestedFilename()).toMatch(/^otel-vitals-.*\.json$/);
    const file = JSON.parse(await readFile(await download.path(), "utf8")) as {
      transition: { component: string; to: string; time: string };
      from: string;
      to: string;
      collections: { name: string; samples: { rows: unknown[][] } }[];
    };
    expect(file.transition).toMatchObject({ component: "collection:jobs", to: "unhealthy" });
    expect(Date.parse(file.to) - Date.parse(file.from)).toBe(120_000);
    expect(Date.parse(file.transition.time) - Date.parse(file.from)).toBe(60_000);
    expect(file.collections.map(({ name }) => name)).toEqual(["jobs", "workers"]);
    expect(file.collections[0]?.samples.rows.some((row) => row.includes(80))).toBe(true);
    await page.reload();
    await shows(page, "#linked-time-text", "collection:jobs changed to unhealthy");
    await page.click("#linked-time-leave");
    await until(page, `document.querySelector("#linked-time").hidden`);
    expect(tab.errors).toEqual([]);
  });

  it("page prompts for the token once, does not store it, and can then pause a collection", async () => {
    const { script } = sources();
    await using served = await serve(script, config, { token: "s3cret-of-the-test" });
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await page.waitForSelector("#sign-in[open]");
    await page.fill("#token", "wrong");
    await page.keyboard.press("Enter");
    await shows(page, "#sign-in-error", "the token is wrong");
    expect(await violations(page)).toEqual([]);
    await page.fill("#token", "s3cret-of-the-test");
    await page.keyboard.press("Enter");
    await shows(page, '[data-chart="depth"] .chart-value', "4");
    const [cookie] = await page.context().cookies(`${served.url}/api/v1/`);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
    expect(cookie?.value).not.toContain("s3cret");
    expect(await page.evaluate("document.cookie + JSON.stringify(localStorage) + location.href")).not.toMatch(/s3cret|vitals-session/);
    expect(tab.requests.filter((url) => url.includes("s3cret"))).toEqual([]);
    const links = await page
      .locator("#footer .links a")
      .evaluateAll((all) => all.map((each) => (each as unknown as { href: string }).href));
    const statuses = await Promise.all(links.map(async (link) => (await page.context().request.get(link)).status()));
    expect(links.map((link) => new URL(link).pathname)).toContain("/openapi.json");
    expect(statuses.filter((status) => status === 401)).toEqual([]);
    const control = '[data-collection="jobs"] .collection-head .control';
    await page.click(control);
    await shows(page, "#confirm-title", "Pause collection jobs?");
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await until(page, `!document.querySelector("#confirm").open`);
    expect(served.collector.collection("jobs").report().state).toBe("running");
    await page.click(control);
    await page.click("#confirm-yes");
    await shows(page, '[data-collection="jobs"] .facts', "by 127.0.0.1 · last sample at ");
    expect(served.collector.collection("jobs").report().state).toBe("paused");
    await page.click('[data-collection="jobs"] .collection-head .control');
    await shows(page, '[data-collection="jobs"] .facts', "every");
    await page.reload();
    await shows(page, '[data-chart="depth"] .chart-value', "4");
    await page.click("#sign-out");
    await page.waitForSelector("#sign-in[open]");
  });

  it("page is usable by keyboard alone: window, pause, help, and one cursor in all charts", async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    await using tab = await open(browser, served.url);
    const { page } = tab;
    await shows(page, '[data-chart="depth"] .chart-value', "4");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await until(page, `document.querySelector("#windows :checked").value === "15m"`);
    await page.keyboard.press("1");
    await until(page, `document.querySelector("#windows :checked").value === "1m"`);
    await page.keyboard.press("p");
    await shows(page, "#freshness", "paused at");
    const frozen = await page.textContent('[data-collection="jobs"] .charts');
    const count = await samplesOn(page);
    await eventually(() => samplesOn(page)).toBeGreaterThan(count + 10);
    expect(await page.textContent('[data-collection="jobs"] .charts')).toBe(frozen);
    await page.keyboard.press("p");
    await page.keyboard.press("?");
    await page.waitForSelector("#help[open]");
    await page.keyboard.press("Escape");
    await until(page, `!document.querySelector("#help").open`);
    await page.keyboard.press("t");
    expect(await page.getAttribute("html", "data-theme")).toBe("light");
    await page.focus('[data-collection="jobs"] .charts');
    for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press("ArrowLeft");
    const values = await page.locator('[data-collection="jobs"] .chart-value').allTextContents();
    expect(values.map((value) => /^(\d\d:\d\d:\d\d) /.exec(value)?.[1])).toEqual([expect.any(String), expect.any(String)]);
    expect(new Set(values.map((value) => value.slice(0, 8))).size).toBe(1);
    await page.keyboard.press("Escape");
    await until(page, `document.querySelector('[data-chart="depth"] .chart-value').textContent === "4"`);
    // A pointer over one chart moves the cursor of every other.
    await chart(page, "depth").locator(".u-over").hover();
    await until(page, `/^\\d\\d:\\d\\d:\\d\\d /.test(document.querySelector('[data-chart="busy"] .chart-value').textContent)`);
    expect(tab.errors).toEqual([]);
  });

  it.each(["light", "dark"] as const)(
    "page has no accessibility violation in the %s theme, healthy and failing, also on a phone",
    async (colorScheme) => {
      const { state, script } = sources();
      await using served = await serve(script, config);
      await using tab = await open(browser, served.url, { colorScheme });
      const { page } = tab;
      await shows(page, '[data-chart="depth"] .chart-value', "4");
      expect(await page.getAttribute("html", "data-theme")).toBe(colorScheme);
      await page.click('[data-collection="jobs"] .tables summary');
      expect(await violations(page)).toEqual([]);
      state.isBroken = true;
      await shows(page, "#incidents .reason", "the queue is unavailable");
      await shows(page, '[data-chart="depth"]', "no data for");
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("?");
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.setViewportSize({ width: 390, height: 800 });
      await page.locator("#events a").first().click();
      await shows(page, "#linked-time-text", "One minute before and after");
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    },
  );

  it("page works under a base path, with and without a trailing slash", async () => {
    const { script } = sources();
    await using served = await serve(script, config);
    const service = new Hono().route("/tools/vitals", createApp(served.collector));
    await using listener = await listen(service, { port: 0 });
    for (const path of ["/tools/vitals", "/tools/vitals/"]) {
      await using tab = await open(browser, `${listener.url}${path}`);
      await shows(tab.page, '[data-chart="depth"] .chart-value', "4");
      await until(tab.page, `document.title === "● healthy · job-agent"`);
      expect(new Set(tab.requests.filter((url) => !url.startsWith(`${listener.url}/tools/vitals`)))).toEqual(new Set());
      expect(tab.errors).toEqual([]);
    }
  });
});

async function clientsOf({ url }: Served): Promise<number> {
  const stats = (await (await fetch(`${url}/api/v1/stats`)).json()) as { stream: { clients: number } };
  return stats.stream.clients;
}
