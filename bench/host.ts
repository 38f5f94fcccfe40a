/** CPU of reading this machine once: our held-open files beside opening each file and parsing strings, in the same run. */
import { readFileSync } from "node:fs";
import { systemClock } from "../src/clock.ts";
import { Linux } from "../src/source/host/linux.ts";

const TURNS = 2_000;
const FILES = ["/proc/stat", "/proc/meminfo", "/proc/loadavg", "/proc/uptime", "/proc/net/dev", "/proc/diskstats"];
const live = new AbortController().signal;

async function microseconds(turn: () => unknown): Promise<number> {
  for (let n = 0; n < 200; n += 1) await turn();
  const before = process.cpuUsage();
  for (let n = 0; n < TURNS; n += 1) await turn();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / TURNS;
}

using linux = new Linux("/proc", "/sys", systemClock);
const naive = (): number[][] => FILES.map((file) => [...readFileSync(file, "utf8").matchAll(/\d+(?:\.\d+)?/g)].map(Number));

const rounds = [];
for (let round = 0; round < 5; round += 1)
  rounds.push({ ours: await microseconds(() => linux.read(live)), naive: await microseconds(naive) });
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
console.log(`CPU of one reading, median of ${rounds.length} rounds of ${TURNS}; Node ${process.version}`);
console.log(`otel-vitals, whole sample with filesystems and this process: ${median(rounds.map(({ ours }) => ours)).toFixed(0)} µs`);
console.log(`six files opened each time, all numbers by a regular expression: ${median(rounds.map((round) => round.naive)).toFixed(0)} µs`);
console.log(`ratio: ${median(rounds.map((round) => round.ours / round.naive)).toFixed(2)}`);
