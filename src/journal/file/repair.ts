import { randomBytes } from "node:crypto";
import { basename, join } from "node:path";
import type { Files } from "./files.ts";
import { preamble } from "./format.ts";
import { HEADER_FILE } from "./header.ts";
import type { DamagedSegment } from "./load.ts";
import { ordinalOf } from "./segment.ts";

const UNFINISHED = ".rescued";

/** Completes a repair that was cut off: the sound records of a damaged segment may still have another name. */
export async function finishRepairs(dir: string, files: Files): Promise<void> {
  const names = new Set((await files.list(dir)).map(({ name }) => name));
  for (const name of names) {
    const target = name.slice(0, -UNFINISHED.length);
    if (!name.endsWith(UNFINISHED) || ordinalOf(target) === undefined) continue;
    if (names.has(target)) await files.remove(join(dir, name));
    else await files.rename(join(dir, name), join(dir, target));
  }
}

/**
 * Renames a damaged segment, so that it can be examined, and replaces it with one of its sound records.
 *
 * @returns what happened, for people
 */
export async function setAside({ segment, damages, isCutOff, sound }: DamagedSegment, dir: string, files: Files): Promise<string> {
  const names = new Set((await files.list(dir)).map(({ name }) => name));
  const base = basename(segment.path).replace(/\.log$/, "");
  let aside = `${base}.damaged`;
  for (let n = 2; names.has(aside); n += 1) aside = `${base}-${n}.damaged`;
  const rescued = segment.path + UNFINISHED;
  if (sound.length > 0) {
    const content = await files.read(segment.path);
    const file = await files.create(rescued);
    try {
      await file.write(Buffer.concat([preamble(), ...sound.map(([from, to]) => content.subarray(from, to))]), 0);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await files.rename(segment.path, join(dir, aside));
  if (sound.length > 0) await files.rename(rescued, segment.path);
  await files.syncFolder(dir);
  const bytes = damages.reduce((sum, [from, to]) => sum + to - from, 0);
  const what = isCutOff
    ? `ended with an incomplete record of ${bytes} B, as after a loss of power or on a full disk`
    : `was damaged: ${bytes} B are unreadable`;
  return `${basename(segment.path)} ${what}; ${sound.length} records were kept, and the file as it was is now ${aside}`;
}

/**
 * Moves the header and all segments to a folder of their own.
 *
 * @returns what happened, for people; undefined if there was nothing to move
 */
export async function setAllAside(dir: string, files: Files, reason: string): Promise<string | undefined> {
  const own = (await files.list(dir)).map(({ name }) => name).filter((name) => name === HEADER_FILE || ordinalOf(name) !== undefined);
  if (own.length === 0) return undefined;
  const aside = `aside-${randomBytes(4).toString("hex")}`;
  await files.makeFolder(join(dir, aside));
  // The header last: what a crash leaves behind still says what it is.
  for (const name of own.toSorted((a, b) => Number(a === HEADER_FILE) - Number(b === HEADER_FILE))) {
    await files.rename(join(dir, name), join(dir, aside, name));
  }
  await files.syncFolder(dir);
  return `${reason}: its files are now in ${aside}`;
}
