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

it("createCollector warns once that a configuration without collections collects nothing", () => {
  const warnings: string[] = [];
  const drop = (): void => {};
  const logger = { debug: drop, info: drop, warn: (message: string) => void warnings.push(message), error: drop };
  createCollector(each(["a"]), { logger, sourceKinds: [scriptedKind({})] });
  expect(warnings).toEqual([]);
  createCollector({}, { logger });
  expect(warnings).toEqual([
    expect.stringMatching(/^the configuration has no collections, so the collector collects nothing until one is added/),
  ]);
});
