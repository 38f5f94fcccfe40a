import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { needs } from "../../support/programs.ts";

const RULES = "grafana/prometheus/otel-vitals.rules.yml";
const CASES = "test/integration/dashboards/rules.test.yml";

const promtool = (...args: readonly string[]) => spawnSync("promtool", args, { encoding: "utf8" });

describe("the rules for Prometheus", needs("promtool"), () => {
  it("promtool accepts the generated rules for Prometheus", () => {
    expect(promtool("check", "rules", RULES)).toMatchObject({ status: 0, stdout: expect.stringContaining("19 rules found") as string });
  });

  it("promtool finds that the generated rules for Prometheus pass their test cases", () => {
    const { status, stdout, stderr } = promtool("test", "rules", CASES);
    expect([status, stdout], stdout + stderr).toEqual([0, expect.stringContaining("SUCCESS")]);
  });
});
