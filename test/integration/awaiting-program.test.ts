import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/yaml-file.ts";

/** A program in which a reading hangs and nothing else is alive: no server, no timer of its own. */
const PRELUDE = `
import * as z from "zod";
import { createCollector, defineSampleType, defineSource, gauge, reading } from "./src/index.ts";
import { checkSource, readOnce } from "./src/testing.ts";
const never = () => new Promise(() => {});
const queue = defineSampleType("queue", { depth: gauge("queue.depth", "{job}", { good: "low", max: 10 }) });
let hasRead;
const isReading = new Promise((resolve) => (hasRead = resolve));
const hanging = defineSource({
  kind: "hanging",
  options: z.strictObject({}),
  open: () => ({ [Symbol.asyncDispose]: never }),
  readings: [reading(queue, () => (hasRead?.(), never()))],
  describe: never,
});
const silent = { name: "silent", target: "nowhere", send: never, check: never };
const collector = createCollector(
  { sources: { it: { kind: "hanging" } }, collections: { it: { source: "it", interval: "100ms", timeout: "1h" } } },
  { sourceKinds: [hanging], sinks: [silent] },
);
const started = async () => {
  const hold = setInterval(() => {}, 1_000);
  await collector.start();
  await isReading;
  clearInterval(hold);
};
const begun = performance.now();
`;

const AWAITED: readonly (readonly [what: string, code: string, longestMs: number])[] = [
  ["collector.shutdown", "await started(); await collector.shutdown({ timeoutMs: 400 });", 5_000],
  ["disposing of a collector", "await started(); await collector[Symbol.asyncDispose]();", 10_000],
  ["collector.describeSources", "await collector.describeSources();", 20_000],
  ["collector.checkSinks", "await collector.checkSinks();", 15_000],
  ["readOnce", "await readOnce(hanging, {}, queue, { timeoutMs: 300 }).catch(() => {});", 5_000],
  ["checkSource", "await checkSource(hanging, {}, { timeoutMs: 300, abortMs: 100 });", 5_000],
];

describe("a program that awaits", () => {
  it.each(AWAITED)("a program that awaits %s continues after it, although nothing else keeps it alive", (_, code, longestMs) => {
    const program = `${PRELUDE}${code}\nconsole.log("settled", performance.now() - begun < ${longestMs} ? "in time" : "late");`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect([status, stdout, stderr]).toEqual([0, "settled in time\n", ""]);
  });

  it("a collector keeps no program alive that awaits nothing", () => {
    const program = `${PRELUDE}await collector.start(); console.log("started");`;
    const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: ROOT, encoding: "utf8" });
    expect([status, stdout]).toEqual([0, "started\n"]);
  });
});
