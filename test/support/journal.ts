import { cpSync } from "node:fs";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Draft, JournalEngine, Page, StoredEntry } from "../../src/journal/engine.ts";
import { FileEngine, type FileEngineOptions } from "../../src/journal/file/file-engine.ts";
import { stateFolder } from "./state-folder.ts";

export const never = new AbortController().signal;
export const ALL = { entries: 100_000, bytes: 1e9 };

export const draft = (text: string, key = ""): Draft => ({ key, kind: "sample", body: JSON.stringify({ text }) });

export const textsOf = (entries: readonly StoredEntry[]): readonly string[] =>
  entries.map(({ body }) => (JSON.parse(body) as { readonly text: string }).text);

export function pageOf(page: Page | "gap"): Page {
  if (page === "gap") throw new Error("expected a page");
  return page;
}

/** Everything that an engine retains. */
export async function retained(engine: JournalEngine, after = 0): Promise<Page> {
  return pageOf(await engine.read(after, ALL, never));
}

export function fileEngine(dir: string, options: Partial<FileEngineOptions> & { readonly clock?: Clock } = {}): FileEngine {
  return new FileEngine({ clock: systemClock, lockWaitMs: 0, ...options, dir });
}

/** A copy of a folder as it is now: what a crash at this moment would leave. Its process is dead, so its lock is too. */
export function crashImage(dir: string): string {
  const copy = stateFolder();
  cpSync(dir, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  return copy;
}
