import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/yaml-file.ts";

/** Runs a file of two tests that need promtool. The page is not built: other tests are serving it. */
const RUN = `import { startVitest } from "vitest/node";
const vitest = await startVitest("test", [], {
  config: false,
  watch: false,
  include: ["test/integration/dashboards/rules.test.ts"],
  reporters: ["./test/support/skip-report.ts"],
  globalSetup: ["test/support/install-programs.ts"],
});
await vitest.close();`;

/** The run on a machine whose PATH has Node alone. */
function runWithoutPrograms(ci: string) {
  const { VITEST: _, CI: __, ...inherited } = process.env;
  const env = { ...inherited, PATH: dirname(process.execPath), ...(ci === "" ? {} : { CI: ci }) };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", RUN], {
    cwd: ROOT,
    encoding: "utf8",
    env,
  });
  return { status, output: stdout + stderr };
}

describe("the skip report", () => {
  it("a run without promtool passes, and prints how many tests it skipped and why", () => {
    const { status, output } = runWithoutPrograms("");
    expect([status, output.trim()]).toEqual([0, "skipped: 2 tests in 1 file: promtool is not installed (npm run setup)"]);
  });

  it("a run without promtool fails in CI, and names what could not be installed", () => {
    const { status, output } = runWithoutPrograms("true");
    expect(status).toBe(1);
    expect(output).toMatch(/not installed: prometheus, promtool, .* \((apt-get update|as root, run): /);
  });
});
