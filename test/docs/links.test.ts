import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/yaml-file.ts";

const below = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).map((path) => `docs/${path}`);
const pages = [...readdirSync(ROOT), ...below].filter((path) => path.endsWith(".md"));

/** The text of a page without its blocks of code. */
const proseOf = (page: string): string => readFileSync(join(ROOT, page), "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");

/** The anchors that a page has: those of its headings, by the rule of the places that render them, and those it sets itself. */
function anchorsOf(page: string): ReadonlySet<string> {
  const prose = proseOf(page);
  const slugs = [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );
  const numbered = slugs.map((slug, n) => {
    const before = slugs.slice(0, n).filter((each) => each === slug).length;
    return before === 0 ? slug : `${slug}-${before}`;
  });
  return new Set([...numbered, ...[...prose.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = ""]) => id)]);
}

/** Targets of links and images, without those of other sites. */
const linksOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
    .map(([, link, attribute]) => link ?? attribute ?? "")
    .filter((link) => !/^[a-z]+:/.test(link));

/** Why a link leads nowhere; undefined if it leads somewhere. */
function problemOf(page: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (target.startsWith("..") || !existsSync(join(ROOT, target))) return `${link}: ${target} does not exist`;
  if (anchor === undefined || !target.endsWith(".md") || anchorsOf(target).has(anchor)) return undefined;
  return `${link}: ${target} has no heading for #${anchor}`;
}

describe("links in the documentation", () => {
  it("the documentation has pages with links", () => {
    expect(pages.length).toBeGreaterThan(50);
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(200);
  });

  it.each(pages)("every relative link in %s leads to a file, and to a heading of it", (page) => {
    expect(linksOf(page).flatMap((link) => problemOf(page, link) ?? [])).toEqual([]);
  });

  it("a link to a file, a heading or a folder that is not there is found", () => {
    const links = ["no.md", "docs/no.md#goals", "docs/goals.md#no", "../README.md", "#no", "docs/goals.md#never", "docs/decisions"];
    expect(links.map((link) => problemOf("README.md", link) === undefined)).toEqual([false, false, false, false, false, true, true]);
  });
});
