/** Ways to damage the files of a state, as a disk or a person might. */
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** A file that was damaged, and its bytes since. */
export interface Damage {
  readonly file: string;
  readonly what: string;
  readonly bytes: Buffer;
}

export type DamageState = (state: string) => readonly Damage[];

const isStored = (name: string): boolean => name === "header" || name.endsWith(".log");
const below = (limit: number): number => Math.floor(Math.random() * limit);

function anyFile(state: string): string {
  const names = readdirSync(state).filter(isStored);
  return names[below(names.length)] as string;
}

/** Cuts off a random file at a random byte. */
export const truncate: DamageState = (state) => {
  const file = anyFile(state);
  const path = join(state, file);
  const length = readFileSync(path).length;
  const kept = below(length);
  truncateSync(path, kept);
  return [{ file, what: `cut off at byte ${kept} of ${length}`, bytes: readFileSync(path) }];
};

/** Flips a random bit of a random file. */
export const flip: DamageState = (state) => {
  const file = anyFile(state);
  const path = join(state, file);
  const bytes = readFileSync(path);
  const at = below(bytes.length);
  const bit = below(8);
  bytes[at] = (bytes[at] as number) ^ (1 << bit);
  writeFileSync(path, bytes);
  return [{ file, what: `bit ${bit} of byte ${at} of ${bytes.length} flipped`, bytes }];
};

const NEWER = 99;
const SLOT_BYTES = 512;

/** Makes the files ones of a version that does not exist yet, with sound checksums. */
export const makeNewer: DamageState = (state) =>
  readdirSync(state)
    .filter(isStored)
    .map((file) => {
      const path = join(state, file);
      const bytes = file === "header" ? newerHeader(readFileSync(path)) : newerSegment(readFileSync(path));
      writeFileSync(path, bytes);
      return { file, what: `version ${NEWER}`, bytes };
    });

function newerHeader(bytes: Buffer): Buffer {
  const slots = [bytes.subarray(0, SLOT_BYTES), bytes.subarray(SLOT_BYTES)].map((slot) => {
    const json = JSON.stringify({ ...(JSON.parse(slot.toString().slice(9)) as object), version: NEWER });
    return `${`${crc32(json).toString(16).padStart(8, "0")} ${json}`.padEnd(SLOT_BYTES - 1)}\n`;
  });
  return Buffer.from(slots.join(""));
}

function newerSegment(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(NEWER, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 12)), 12);
  return bytes;
}

/** Whether bytes are in some file below a folder: as a whole, or at its start if more was written behind them. */
export function isPreserved(state: string, { bytes }: Damage): boolean {
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.some(({ name, parentPath }) => readFileSync(join(parentPath, name)).subarray(0, bytes.length).equals(bytes));
}
