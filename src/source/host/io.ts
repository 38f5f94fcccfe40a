import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SystemMetrics } from "../../sample/types/system.ts";
import type { ByteReader } from "./byte-reader.ts";
import { emptyRecord, isKey } from "./measured.ts";

/** Linux counts in sectors of 512 bytes, whatever the sector size of the disk. */
const SECTOR_BYTES = 512;

/** Maximum number of cached names, more than a machine has; beyond it the cache starts again. */
const MAX_NAMES = 4_096;

type DiskIo = NonNullable<SystemMetrics["diskIo"]>;

/** Parses `/proc/diskstats`: bytes read from and written to each disk. Skips a line that is cut off. */
export function parseDisks(reader: ByteReader, isDisk: (name: string) => boolean): DiskIo | undefined {
  const io = emptyRecord<DiskIo[string]>();
  let any = false;
  for (; !reader.atEnd; reader.nextLine()) {
    // Columns: major, minor, name; completed and merged reads, sectors read, milliseconds; the same for writes.
    reader.skipWords(2);
    const name = reader.word();
    if (!isKey(name) || !isDisk(name)) continue;
    reader.skipWords(2);
    const read = reader.number() * SECTOR_BYTES;
    reader.skipWords(3);
    const write = reader.number() * SECTOR_BYTES;
    if (Number.isNaN(read + write)) continue;
    io[name] = { read, write };
    any = true;
  }
  return any ? io : undefined;
}

/**
 * Tells disks from other block devices: disks are listed in `/sys/block` with a hardware device. Partitions are not listed there, and
 * loops, RAM disks, device-mapper and RAID volumes have no hardware device: their bytes are already counted by the disks below them, or
 * are on no disk.
 */
export class Disks {
  readonly #folder: string;
  readonly #known = new Map<string, boolean>();

  /** @param folder path of `/sys/block` */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether the device is a disk; looked up when its name is first seen. */
  readonly has = (name: string): boolean => {
    let isDisk = this.#known.get(name);
    if (isDisk === undefined) {
      if (this.#known.size >= MAX_NAMES) this.#known.clear();
      // Some RAID controllers use a slash in names; in /sys it is an exclamation mark.
      isDisk = existsSync(join(this.#folder, name.replaceAll("/", "!"), "device"));
      this.#known.set(name, isDisk);
    }
    return isDisk;
  };
}

const COLON = 0x3a;

type NetworkIo = NonNullable<SystemMetrics["networkIo"]>;

/**
 * Parses `/proc/net/dev`: bytes received and sent by each interface, loopback included. Skips a line that is cut off. A name ends at the last
 * colon of the line's first word: that of an alias contains one, and old kernels put no space between the colon and the first number.
 */
export function parseNetwork(reader: ByteReader): NetworkIo | undefined {
  const io = emptyRecord<NetworkIo[string]>();
  let any = false;
  // The first two lines are headings.
  for (reader.nextLine(), reader.nextLine(); !reader.atEnd; reader.nextLine()) {
    const name = reader.wordToLast(COLON);
    const receive = reader.number();
    reader.skipWords(7);
    const transmit = reader.number();
    if (!isKey(name) || Number.isNaN(receive + transmit)) continue;
    io[name] = { receive, transmit };
    any = true;
  }
  return any ? io : undefined;
}
