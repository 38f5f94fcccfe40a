import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("five collectors that were shut down are garbage, on a provider of our own and on one of a program", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", "test/support/collect-garbage.ts"], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toEqual({ own: 0, program: 0 });
});
