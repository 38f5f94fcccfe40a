import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, open, serve, violations } from "../support/browser.ts";
import { needs } from "../support/programs.ts";
import type { ScriptedConfig } from "../support/scripted.ts";

const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });
const shows = (page: Page, selector: string, text: string) => page.locator(selector, { hasText: text }).first().waitFor();

/** A memory of people in places, of which some are in none. */
function memory(people: number, housed: number): string {
  const entities = [...Array.from({ length: people }, (_, n) => [`p${n}`, "person"]), ["here", "place"]];
  const relations = Array.from({ length: housed }, (_, n) => ({ type: "relation", from: `p${n}`, to: "here", relationType: "lives_in" }));
  return [...entities.map(([name, entityType]) => ({ type: "entity", name, entityType, observations: ["o"] })), ...relations]
    .map((line) => JSON.stringify(line))
    .join("\n");
}

describe("the memory map in a browser", needs("chromium"), () => {
  const folder = mkdtempSync(join(tmpdir(), "otel-vitals-map-"));
  const path = join(folder, "memory.jsonl");
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  const config: ScriptedConfig = {
    sources: { agent: { kind: "mcp-memory", path }, queue: { kind: "scripted" } },
    collections: {
      graph: { source: "agent", type: "graph", interval: "300ms" },
      jobs: { source: "queue", type: "queue", interval: "300ms" },
    },
    health: {
      interval: "1s",
      startup_grace: "0s",
      for: "0s",
      keep_firing_for: "0s",
      flapping: "0s",
      rules: [{ collection: "graph", field: "edgeCount", stat: "last", window: "5s", below: 6, clear: 6, status: "degraded" }],
    },
  };

  it(
    "page draws types and relations of a memory, marks what changed, and says so beside a change of health",
    { timeout: 90_000 },
    async () => {
      writeFileSync(path, memory(12, 8));
      await using served = await serve({ queue: () => ({ depth: 1 }) }, config);
      await using tab = await open(browser, served.url);
      const { page } = tab;
      await shows(page, "#map-facts", "13 nodes · 8 edges · 4 without an edge (30.8 %)");
      expect(await page.locator("#map-picture .type").count()).toBe(2);
      expect(await page.locator("#map-picture .type.grew, #map-picture .link.shrank").count()).toBe(0);
      const texts = (selector: string) => page.locator(`${selector} tr`).allInnerTexts();
      expect((await texts("#map-relations")).map((text) => text.split(/\s+/).filter(Boolean))).toEqual([
        ["person", "lives_in", "place", "8"],
      ]);
      expect(await page.locator("#map-picture svg").getAttribute("aria-label")).toContain("most edges from person to place: 8");
      writeFileSync(path, memory(14, 3));
      await page.locator('#map-picture .type.grew[data-type="person"]').waitFor();
      await page.locator('#map-picture .link.shrank[data-link="person place"]').waitFor();
      await shows(page, "#map-facts", "15 nodes (+2) · 3 edges (−5) · 11 without an edge (73.3 %, +7)");
      expect((await texts("#map-types")).map((text) => text.split(/\s+/).filter(Boolean))).toEqual([
        ["person", "14", "+2"],
        ["place", "1"],
      ]);
      await shows(page, "#events .topology", "5 edges gone");
      expect(await page.locator("#events .topology", { hasText: "5 edges gone" }).first().textContent()).toMatch(
        /^5 edges gone [01] s before degraded, 2 nodes added [01] s before degraded$/,
      );
      await shows(page, '#incidents [data-component="collection:graph"] .topology', "5 edges gone");
      expect(await violations(page)).toEqual([]);
      // The map belongs to its collection's page, and to no other's.
      await page.goto(`${served.url}/#collection=jobs`);
      await eventually(() => page.isVisible("#map")).toBe(false);
      await page.goto(`${served.url}/#collection=graph`);
      await eventually(() => page.isVisible("#map")).toBe(true);
      await page.setViewportSize({ width: 390, height: 800 });
      await eventually(() =>
        page.evaluate(`document.querySelector("#map-picture svg").clientWidth <= document.querySelector("#map-picture").clientWidth`),
      ).toBe(true);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
      expect(tab.errors).toEqual([]);
    },
  );

  it("page says why there is no map", async () => {
    writeFileSync(path, memory(3, 0));
    await using served = await serve({ queue: () => ({ depth: 1 }) }, config);
    await using tab = await open(browser, served.url);
    await shows(tab.page, "#map-none", "No map: no sample of graph in this range measured relations between types.");
    expect(await tab.page.isVisible("#map-body")).toBe(false);
  });

  it("page gives the source's reason for a missing map and for fields without a value, and links to the source's user interface", async () => {
    writeFileSync(path, memory(3, 0));
    const { collections, sources, ...rest } = config;
    const memories = { source: "agent", type: "agent-memory", interval: "500ms" };
    await using served = await serve(
      { queue: () => ({ depth: 1 }) },
      {
        ...rest,
        sources: { ...sources, queue: { kind: "scripted", ui: "http://127.0.0.1:3000/queues" } },
        collections: { ...collections, memories },
      },
    );
    await using tab = await open(browser, "about:blank");
    const { page } = tab;
    // A store without entities of known types, as a Graphiti database before its first episode.
    await page.route("**/api/v1/collections", async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { collections: { name: string; unmeasured: object[] }[] };
      const unmeasured = [{ fields: ["relations", "nodes"], reason: "the graph has no label Entity" }];
      const changed = answer.collections.map((each) => (each.name === "graph" ? { ...each, unmeasured } : each));
      await route.fulfill({ response, json: { collections: changed } });
    });
    await page.goto(served.url);
    await shows(page, "#map-none", "No map: graph does not measure relations between types, because the graph has no label Entity.");
    const absent = '[data-collection="memories"] .absent';
    await page.click(`${absent} summary`);
    await shows(page, `${absent} li`, "a memory file stores no embeddings");
    expect(await page.locator('[data-collection="jobs"] .absent').isVisible()).toBe(false);
    const link = page.locator('[data-collection="jobs"] .facts a[href]');
    expect([await link.textContent(), await link.getAttribute("href")]).toEqual(["queue", "http://127.0.0.1:3000/queues"]);
    await shows(page, '[data-collection="jobs"] .facts', "healthy · queue from queue · every 300 ms");
    expect(await page.locator('[data-collection="memories"] .facts a[href]').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
  });
});
