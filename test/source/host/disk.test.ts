import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../src/source/host/byte-reader.ts";
import { Disks, parseDisks } from "../../../src/source/host/io.ts";
import { Machine } from "./machine.ts";

const parse = (text: string, isDisk = (_name: string): boolean => true) => parseDisks(new ByteReader().over(Buffer.from(text)), isDisk);

describe("parseDisks", () => {
  it("parseDisks counts sectors of 512 bytes, with any number of columns", () => {
    const old = "   8  0 sda 100 3 2000 50 40 7 800 30 0 60 80\n";
    const late = "   8 16 sdb 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";
    expect(parse(old + late)).toEqual({ sda: { read: 2_000 * 512, write: 800 * 512 }, sdb: { read: 3 * 512, write: 7 * 512 } });
  });

  it("parseDisks leaves out a line that is cut off", () => {
    expect(parse("8 0 sda 100 3 2000\n8 16\n\n")).toBeUndefined();
  });

  it("parseDisks reports disks only", () => {
    expect(Object.keys(parse("8 0 sda 1 1 1 1 1 1 1\n8 1 sda1 1 1 1 1 1 1 1\n", (name) => name === "sda") ?? {})).toEqual(["sda"]);
  });
});

describe("Disks", () => {
  it("Disks tells disks from partitions, loops, RAM disks and mapped volumes", () => {
    using machine = Machine.typical();
    machine.folder("sys/block/cciss!c0d0/device");
    const disks = new Disks(machine.path("sys/block"));
    expect(["sda", "sda1", "loop0", "dm-0", "zram0", "cciss/c0d0", "gone"].filter(disks.has)).toEqual(["sda", "cciss/c0d0"]);
  });

  it("Disks finds no disk without /sys", () => {
    using machine = new Machine();
    expect(new Disks(machine.path("sys/block")).has("sda")).toBe(false);
  });
});
