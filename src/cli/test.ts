import { counted } from "../base/quantity.ts";
import { lineOf } from "../config/document.ts";
import { loadRuleTests, type RuleTest } from "../config/rule-tests.ts";
import { timestampText } from "../rule-simulation/timestamp.ts";
import type { Mismatch } from "../rule-simulation/verdict.ts";
import { EXIT, UsageError, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";

/** The result of one test. */
interface Result {
  readonly file: string;
  readonly name: string;
  readonly ok: boolean;
  /** Length of the simulated run in milliseconds. */
  readonly simulatedMs: number;
  readonly mismatches: readonly (Omit<Mismatch, "path"> & { readonly line?: number; readonly column?: number })[];
}

/**
 * Runs the health rules against the series of test files, and compares the alerts with the expected ones; or against what a collector
 * retained.
 */
export async function test(line: CommandLine): Promise<number> {
  const { common, own, positionals } = line;
  if (typeof own["replay"] === "string") return (await import("./test-replay.ts")).testReplay(line, own["replay"]);
  const only = ["since", "fail-on-difference"].find((option) => own[option] !== undefined);
  if (only !== undefined) throw new UsageError(`--${only}: only with --replay`);
  if (positionals.length === 0) throw new UsageError("test: expected at least one test file, or --replay");
  const options = { file: common.config, set: common.set, env: process.env, cwd: process.cwd() };
  const ready: (readonly [file: string, test: RuleTest])[] = [];
  let isValid = true;
  for (const file of positionals) {
    const { tests, problems } = await loadRuleTests(file, options);
    for (const problem of problems) console.error(lineOf(problem));
    isValid &&= problems.every(({ severity }) => severity !== "error");
    ready.push(...tests.map((each) => [file, each] as const));
  }
  // An invalid file fails the whole run, so that it cannot go unnoticed among valid ones.
  if (!isValid) return EXIT.configuration;
  const results = ready.map(([file, each]) => resultOf(file, each));
  const failed = results.filter(({ ok }) => !ok).length;
  if (own["json"] === true) await print(JSON.stringify({ ok: failed === 0, tests: results }, undefined, 2));
  else for (const line of [...results.flatMap(linesOf), summary(results.length, failed)]) await print(line);
  return failed === 0 ? EXIT.fine : EXIT.failure;
}

function resultOf(file: string, test: RuleTest): Result {
  const { run, mismatches } = test.run();
  const placed = mismatches.map(({ path, ...mismatch }) => ({ ...test.positionOf(path), ...mismatch }));
  return { file, name: test.name, ok: mismatches.length === 0, simulatedMs: run.endMs, mismatches: placed };
}

/** Limit on the lines shown per mismatch. */
const SHOWN = 10;

function linesOf({ file, name, ok, simulatedMs, mismatches }: Result): readonly string[] {
  if (ok) return [`passed  ${name}  (${timestampText(simulatedMs)} simulated)`];
  const details = mismatches.flatMap(({ line, column, expected, found }) => [
    `  ${file}:${line}:${column}`,
    `    expected  ${expected}`,
    ...(found.length === 0 ? ["    found     no alert"] : found.slice(0, SHOWN).map((each) => `    found     ${each}`)),
    ...(found.length > SHOWN ? [`              and ${found.length - SHOWN} more`] : []),
  ]);
  return [`failed  ${name}`, ...details];
}

function summary(count: number, failed: number): string {
  const tests = counted(count, "test");
  return failed === 0 ? `${tests} passed` : `${failed} of ${tests} failed`;
}
