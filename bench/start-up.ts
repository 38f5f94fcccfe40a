/**
 * Time from starting the command until it has printed a first sample of each of the three default collections and exited, compiled and
 * from source, alternating with a Node process that does nothing.
 */
import { spawnSync } from "node:child_process";
import { median, printTable } from "./support/measure.ts";

const ROUNDS = 11;
const ROOT = new URL("..", import.meta.url).pathname;

const contestants = [
  { name: "dist/cli/main.js once", args: ["dist/cli/main.js", "once", "--format", "json"], isOurs: true },
  { name: "src/cli/main.ts once", args: ["src/cli/main.ts", "once", "--format", "json"], isOurs: true },
  { name: "node -e 0", args: ["-e", "0"], isOurs: false },
].map((each) => ({ ...each, times: [] as number[] }));

const build = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "inherit" });
if (build.status !== 0) throw new Error("the build failed");
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { args, times, isOurs } of contestants) {
    const begun = performance.now();
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
    times.push(performance.now() - begun);
    const outcomes = isOurs ? [...stdout.matchAll(/"outcome": ?"(\w+)"/g)].map(([, outcome]) => outcome) : [];
    if (status !== 0 || (isOurs && outcomes.join() !== "success,success,success")) {
      throw new Error(`expected three samples of ${args.join(" ")}, found ${outcomes.join() || `exit ${status}`}`);
    }
  }
}
console.log(`start to first samples, median of ${ROUNDS}; Node ${process.version}`);
printTable([
  ["", "median", "min", "max"],
  ...contestants.map(({ name, times }) => [
    name,
    ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => `${ms.toFixed(0)} ms`),
  ]),
]);
