import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SystemMetrics } from "../../sample/types/system.ts";
import type { ByteReader } from "./byte-reader.ts";
import { isName, record } from "./measured.ts";

/** Linux counts sectors of 512 bytes, whatever the disk's own are. */
const SECTOR_BYTES = 512;

/** More names than a machine has; beyond them they are looked up again. */
const MOST_NAMES = 4_096;

type DiskIo = NonNullable<SystemMetrics["diskIo"]>;

/** `/proc/diskstats`: bytes read from and written to each disk; a line that is cut off is left out. */
export function parseDisks(reader: ByteReader, isDisk: (name: string) => boolean): DiskIo | undefined {
  const io = record<DiskIo[string]>();
  let any = false;
  for (; !reader.atEnd; reader.nextLine()) {
    // major, minor, name, then: reads done and merged, sectors read, milliseconds; the same for writes
    reader.skipWords(2);
    const name = reader.word();
    if (!isName(name) || !isDisk(name)) continue;
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
 * Which block devices are disks: those that `/sys/block` shows with a device behind them. Partitions have no entry of their
 * own there, and loops, memory disks, device-mapper and RAID volumes have nothing behind it; their bytes are counted already
 * by the disks they lie on, or are on no disk.
 */
export class Disks {
  readonly #folder: string;
  readonly #known = new Map<string, boolean>();

  /** @param folder path of `/sys/block` */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Looked up when a name is first seen. */
  readonly has = (name: string): boolean => {
    let isDisk = this.#known.get(name);
    if (isDisk === undefined) {
      if (this.#known.size >= MOST_NAMES) this.#known.clear();
      // A slash in a name, as some RAID controllers have it, is an exclamation mark in /sys.
      isDisk = existsSync(join(this.#folder, name.replaceAll("/", "!"), "device"));
      this.#known.set(name, isDisk);
    }
    return isDisk;
  };
}

const COLON = 0x3a;

type NetworkIo = NonNullable<SystemMetrics["networkIo"]>;

/** `/proc/net/dev`: bytes received and sent over each interface, loopback included; a line that is cut off is left out. */
export function parseNetwork(reader: ByteReader): NetworkIo | undefined {
  const io = record<NetworkIo[string]>();
  let any = false;
  // Two lines of headings come first.
  for (reader.nextLine(), reader.nextLine(); !reader.atEnd; reader.nextLine()) {
    const name = reader.word(COLON);
    const receive = reader.number();
    reader.skipWords(7);
    const transmit = reader.number();
    if (!isName(name) || Number.isNaN(receive + transmit)) continue;
    io[name] = { receive, transmit };
    any = true;
  }
  return any ? io : undefined;
}
