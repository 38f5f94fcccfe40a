import { expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import { each, scriptedKind } from "../support/scripted.ts";

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

it("Constructing a collector starts no timer", async () => {
  const before = timers();
  const collector = createCollector(each(["a"], "1d"), { sourceKinds: [scriptedKind({ a: () => ({ depth: 1 }) })] });
  expect(timers()).toBe(before);
  await collector.start();
  await collector.shutdown();
});
