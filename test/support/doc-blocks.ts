import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./yaml-file.ts";

/** A fenced block of a page. */
export interface DocBlock {
  /** Path from the root of the repository. */
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

/** Pages that people read: the README, the guides and the reference. Decisions describe the past, and are left out. */
export function docPages(): readonly string[] {
  const below = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".md"));
  const roots = readdirSync(ROOT).filter((path) => path.endsWith(".md") && path !== "CHANGELOG.md");
  return [...roots, ...below.filter((path) => !path.startsWith("decisions")).map((path) => `docs/${path}`)].toSorted();
}

/** The fenced blocks of a page, in order. */
export function docBlocks(page: string): readonly DocBlock[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  // Those of lists are indented.
  return [...text.matchAll(/^( *)```([a-z]*)\n([\s\S]*?)^\1```$/gm)].map(([, indent = "", language = "", block = ""]) => ({
    page,
    language,
    text: block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** The commands of a block of shell: one a line, continued lines joined, without comments. */
export const commandsOf = ({ text }: DocBlock): readonly string[] =>
  text
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
