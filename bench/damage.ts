/**
 * Damages the state of the installed command and starts it: random truncations, random bit flips, files of a newer version, and a clock
 * that was an hour ahead or behind. Argument: truncations, and as many flips; default 50.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flip, makeNewer, truncate, type DamageState } from "./support/crash/damage.ts";
import { DamagedStarts, type DamagedStart } from "./support/crash/damaged-starts.ts";
import { install } from "./support/installed.ts";
import { median, printTable } from "./support/measure.ts";
import { printFindings, type Finding } from "./support/promises.ts";

const times = Number(process.argv.at(-1)) || 50;
const folder = mkdtempSync(join(tmpdir(), "vitals-damage-"));
const starts = new DamagedStarts(folder, install(join(folder, "program")));
await starts.prepare();

const kinds: readonly (readonly [name: string, count: number, damage: DamageState])[] = [
  ["nothing", 1, () => []],
  ["truncated", times, truncate],
  ["a bit flipped", times, flip],
  ["a newer version", 1, makeNewer],
];
const results: (readonly [name: string, results: readonly DamagedStart[]])[] = [];
for (const [name, wanted, damage] of kinds) {
  const found: DamagedStart[] = [];
  for (let n = 0; n < wanted; n += 1) found.push(await starts.start(damage));
  results.push([name, found]);
}
const clocks: Finding[] = [];
for (const name of ["ahead", "behind"] as const) {
  clocks.push({ promise: `a clock that was an hour ${name} before the start`, ...(await starts.changeClock(name)) });
}

console.log(`starts of the installed command on a damaged state; Node ${process.version}`);
printTable([
  ["damage", "starts", "succeeded", "reported", "bytes kept", "samples, median", "min"],
  ...results.map(([name, found]) => [
    name,
    String(found.length),
    ...[
      found.filter(({ hasStarted }) => hasStarted).length,
      found.filter(({ reports }) => reports.length > 0).length,
      found.filter(({ isPreserved }) => isPreserved).length,
      median(found.map(({ samples }) => samples)),
      Math.min(...found.map(({ samples }) => samples)),
    ].map(String),
  ]),
]);
const all = results.flatMap(([, found]) => found);
const silent = all.filter(({ reports }) => reports.length === 0).flatMap(({ damages }) => damages);
const count = (isHeader: boolean, what: RegExp): number =>
  silent.filter((damage) => (damage.file === "header") === isHeader && what.test(damage.what)).length;
console.log(
  `without a report: ${count(true, /./)} of the header, which has two slots; ${count(false, /^cut/)} segments cut off at the end of a ` +
    `record; ${count(false, /^bit/)} flipped bits of segments`,
);
const isFine = printFindings([
  {
    promise: "each start succeeds, without an internal error",
    found: `${all.length} starts, ${all.filter(({ hasStarted }) => !hasStarted).length} failed, ${all.flatMap(({ errors }) => errors).length} errors`,
    isKept: all.every(({ errors, hasStarted }) => hasStarted && errors.length === 0),
  },
  {
    promise: "damaged bytes are renamed and never deleted",
    found: `${all.filter(({ isPreserved }) => !isPreserved).length} lost`,
    isKept: all.every(({ isPreserved }) => isPreserved),
  },
  {
    promise: "each flipped bit of a segment is reported",
    found: `${count(false, /^bit/)} are not`,
    isKept: count(false, /^bit/) === 0,
  },
  ...clocks,
]);
starts.world.close();
if (isFine) rmSync(folder, { recursive: true, force: true });
else console.log(`states are in ${folder}`);
process.exit(isFine ? 0 : 1);
