import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, open, serve, violations } from "../support/browser.ts";
import { needs } from "../support/programs.ts";

interface Drawn {
  readonly texts: readonly { readonly x: number; readonly drawn: number; readonly natural: number }[];
  readonly width: number;
}

/** Each text's place, and the width that its font gives it. */
const DRAWN = `(() => {
  const texts = [...document.querySelectorAll("text")].map((text) => {
    const { x, width: drawn } = text.getBBox();
    text.removeAttribute("textLength");
    return { x, drawn, natural: text.getComputedTextLength() };
  });
  return { texts, width: document.documentElement.width.baseVal.value };
})()`;

describe("badges in a browser", needs("chromium"), () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(() => browser.close());

  it("a badge is an image whose texts have about their natural width and lie in their place", { timeout: 60_000 }, async () => {
    await using served = await serve(
      { jobs: () => ({ depth: 1 }) },
      { sources: { jobs: { kind: "scripted" } }, collections: { jobs: { source: "jobs", type: "queue", interval: "1s" } } },
    );
    for (const path of [
      "badge.svg",
      "badge/collection:jobs.svg",
      "badge.svg?label=WIDE%20MW%20label",
      "badge.svg?label=illicit%20fjord",
      "badge/x.svg",
    ]) {
      await using opened = await open(browser, `${served.url}/${path}`);
      const { page, errors } = opened;
      const { texts, width } = await page.evaluate<Drawn>(DRAWN);
      expect(errors).toEqual([]);
      expect(texts.length).toBe(2);
      const [label, word] = texts as [Drawn["texts"][number], Drawn["texts"][number]];
      expect(label.x + label.drawn).toBeLessThan(word.x);
      expect(word.x + word.drawn).toBeLessThan(width);
      for (const { drawn, natural } of texts) {
        expect([path, drawn / natural > 0.8, drawn / natural < 1.25]).toEqual([path, true, true]);
      }
      expect(await violations(page)).toEqual([]);
    }
  });
});
