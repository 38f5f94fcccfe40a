import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";

/** Prints how many tests were skipped and why. In CI a skipped test fails the run. */
export default class SkipReport implements Reporter {
  #isFiltered = false;

  onInit({ config }: Vitest): void {
    this.#isFiltered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: unknown, reason: TestRunEndReason): void {
    const lines = skipLines(modules, this.#isFiltered);
    if (lines.length === 0) return;
    process.stdout.write(`${lines.join("\n")}\n\n`);
    if (!process.env["CI"]) return;
    process.stdout.write("In CI every test has to run: skipped tests fail it.\n\n");
    if (reason === "passed") process.exitCode = 1;
  }
}

/** One line for each reason. A test without a reason is named, unless the run selects tests by name, which skips all others. */
function skipLines(modules: readonly TestModule[], isFiltered: boolean): readonly string[] {
  const skipped = new Map<string, { tests: number; readonly files: Set<string> }>();
  for (const module of modules)
    for (const test of module.children.allTests("skipped")) {
      const reason = test.meta().skipReason ?? (isFiltered ? undefined : `no reason given for "${test.fullName}"`);
      if (reason === undefined) continue;
      const group = skipped.get(reason) ?? { tests: 0, files: new Set() };
      group.tests += 1;
      group.files.add(module.relativeModuleId);
      skipped.set(reason, group);
    }
  return [...skipped].map(
    ([reason, { tests, files }]) => `skipped: ${counted(tests, "test")} in ${counted(files.size, "file")}: ${reason}`,
  );
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
