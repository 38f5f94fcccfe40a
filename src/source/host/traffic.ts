import type { SystemMetrics } from "../../sample/system-metrics.ts";
import type { ByteReader } from "./byte-reader.ts";

const COLON = 0x3a;

/** Linux counts sectors of 512 bytes, whatever the disk's own are. */
const SECTOR_BYTES = 512;

type NetworkIo = NonNullable<SystemMetrics["networkIo"]>;
type DiskIo = NonNullable<SystemMetrics["diskIo"]>;

/** `/proc/net/dev`: bytes received and sent over each interface. */
export function parseNetwork(reader: ByteReader): NetworkIo {
  const io: Record<string, NetworkIo[string]> = record();
  for (reader.nextLine(), reader.nextLine(); !reader.atEnd; reader.nextLine()) {
    const name = reader.word(COLON);
    const receive = reader.number();
    for (let skipped = 0; skipped < 7; skipped += 1) reader.number();
    const transmit = reader.number();
    if (name !== "" && !Number.isNaN(transmit)) io[name] = { receive, transmit };
  }
  return io;
}

/**
 * `/proc/diskstats`: bytes read from and written to each disk.
 *
 * @param isDisk whether a device is a disk of its own; partitions, loops and memory disks would count its bytes again
 */
export function parseDisks(reader: ByteReader, isDisk: (device: string) => boolean): DiskIo {
  const io: Record<string, DiskIo[string]> = record();
  for (; !reader.atEnd; reader.nextLine()) {
    reader.number();
    reader.number();
    const device = reader.word();
    if (!isDisk(device)) continue;
    reader.number();
    reader.number();
    const read = reader.number() * SECTOR_BYTES;
    for (let skipped = 0; skipped < 3; skipped += 1) reader.number();
    const write = reader.number() * SECTOR_BYTES;
    if (!Number.isNaN(write)) io[device] = { read, write };
  }
  return io;
}

/** Names come from the machine: a record without a prototype takes any of them. */
const record = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;
