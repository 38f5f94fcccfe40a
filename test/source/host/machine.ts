import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const STAT = `cpu  1000 50 300 8000 100 20 30 40 25 5
cpu0 500 25 150 4000 50 10 15 20 12 2
cpu1 500 25 150 4000 50 10 15 20 13 3
intr 123456 0 9 0 0
ctxt 987654
btime 1700000000
`;

const MEMINFO = `MemTotal:       16000000 kB
MemFree:         2000000 kB
MemAvailable:   10000000 kB
Buffers:          500000 kB
Cached:          6000000 kB
SwapCached:         1234 kB
Active(file):    3000000 kB
SwapTotal:       4000000 kB
SwapFree:        3000000 kB
SReclaimable:     700000 kB
HugePages_Total:       0
`;

export const NET_HEADINGS = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

const NET = `${NET_HEADINGS}    lo:     111       1    0    0    0     0          0         0      111       1    0    0    0     0       0          0
  eth0: 123456     100    0    0    0     0          0         0   654321      90    0    0    0     0       0          0
`;

const DISKSTATS = `   7       0 loop0 5 0 10 0 0 0 0 0 0 0 0
   8       0 sda 100 3 2000 50 40 7 800 30 0 60 80 0 0 0 0 1 2
   8       1 sda1 90 3 1900 50 40 7 800 30 0 60 80
 253       0 dm-0 100 0 2000 50 40 0 800 30 0 60 80
 252       0 zram0 100 0 2000 50 40 0 800 30 0 60 80
`;

/** A folder with a machine's /proc and /sys as written by a test; removed when it is disposed. */
export class Machine implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "vitals-host-"));
  readonly proc = join(this.root, "proc");
  readonly sys = join(this.root, "sys");

  /** The common files, with round numbers. */
  static typical(): Machine {
    const machine = new Machine();
    machine.write("proc/stat", STAT);
    machine.write("proc/meminfo", MEMINFO);
    machine.write("proc/loadavg", "0.52 0.48 0.40 1/234 5678\n");
    machine.write("proc/uptime", "12345.67 40000.00\n");
    machine.write("proc/net/dev", NET);
    machine.write("proc/diskstats", DISKSTATS);
    machine.folder("sys/block/sda/device");
    for (const name of ["loop0", "dm-0", "zram0"]) machine.folder(`sys/block/${name}`);
    return machine;
  }

  /** Replaces the content of the file, as the kernel does: a reader that has it open sees the new content. */
  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  append(path: string, text: string): void {
    appendFileSync(this.path(path), text);
  }

  folder(path: string): void {
    mkdirSync(this.path(path), { recursive: true });
  }

  path(path: string): string {
    return join(this.root, path);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}
