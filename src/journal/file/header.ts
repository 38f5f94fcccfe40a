import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Files } from "./files.ts";
import { FORMAT_VERSION } from "./format.ts";

/** What the engine has to know before it reads a segment. */
export interface Header {
  /** Identifies the journal. */
  readonly id: string;
  /** Every number up to this one may have been given. */
  readonly reserved: number;
}

interface Slot extends Header {
  readonly version: number;
  /** Which of the two slots is the newer one. */
  readonly generation: number;
}

/** A header as found: none, damaged, of another version of the format, or sound. */
export type FoundHeader = "none" | "damaged" | "other version" | Slot;

/**
 * Numbers to reserve at once. A crash skips what is left of them. They last for weeks without a writable disk, and a journal could crash
 * five hundred million times before numbers are no longer exact.
 */
export const RESERVED_NUMBERS = 2 ** 24;

export const HEADER_FILE = "header";
const SLOT_BYTES = 512;

function encode(slot: Slot): Buffer {
  const json = JSON.stringify(slot);
  const checksum = crc32(json).toString(16).padStart(8, "0");
  return Buffer.from(`${`${checksum} ${json}`.padEnd(SLOT_BYTES - 1)}\n`);
}

function decode(bytes: Buffer): Slot | undefined {
  const text = bytes.toString().trimEnd();
  const json = text.slice(9);
  if (text.slice(0, 9) !== `${crc32(json).toString(16).padStart(8, "0")} `) return undefined;
  const slot = JSON.parse(json) as Slot;
  return typeof slot.version === "number" && typeof slot.generation === "number" ? slot : undefined;
}

export function decodeHeader(bytes: Buffer): FoundHeader {
  const slots = [bytes.subarray(0, SLOT_BYTES), bytes.subarray(SLOT_BYTES, 2 * SLOT_BYTES)]
    .map(decode)
    .filter((slot) => slot !== undefined);
  const newest = slots.toSorted((a, b) => b.generation - a.generation)[0];
  if (!newest) return bytes.length === 0 ? "none" : "damaged";
  if (newest.version !== FORMAT_VERSION) return "other version";
  // The other slot may have been the newer one, and have reserved as many numbers more.
  return slots.length === 2 ? newest : { ...newest, reserved: newest.reserved + RESERVED_NUMBERS };
}

/**
 * The file with the journal's id and the reserved numbers. It has two slots, which are overwritten in turns: a write that is cut off leaves
 * the other slot, and a full disk has room for it.
 */
export class HeaderFile {
  readonly #files: Files;
  readonly #path: string;
  #generation: number;

  constructor(files: Files, dir: string, found: FoundHeader) {
    this.#files = files;
    this.#path = join(dir, HEADER_FILE);
    this.#generation = typeof found === "object" ? found.generation : 0;
  }

  /** Resolves once the header survives a loss of power. */
  async write(header: Header): Promise<void> {
    const generation = this.#generation + 1;
    const file = await this.#files.openExisting(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return this.#files.create(this.#path);
    });
    try {
      const slot = encode({ version: FORMAT_VERSION, generation, id: header.id, reserved: header.reserved });
      // The first write fills both slots, so that the file has room for both from then on.
      if (generation === 1) await file.write(Buffer.concat([slot, slot]), 0);
      else await file.write(slot, (generation % 2) * SLOT_BYTES);
      await file.sync();
    } finally {
      await file.close();
    }
    this.#generation = generation;
  }
}
