import type { CollectorConfig } from "../../src/collector/options.ts";
import { afterEach, describe, expect, it } from "vitest";
import { getCollector, initializeCollector } from "../../src/collector/shared.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { settle } from "../../src/base/manual-clock.ts";

const config: CollectorConfig = { sources: { here: { kind: "host" } }, collections: { analytics: { source: "here" } } };

afterEach(async () => {
  try {
    await getCollector().shutdown();
  } catch {
    // No shared collector exists.
  }
});

describe("getCollector and initializeCollector", () => {
  it("getCollector returns the collector that initializeCollector created", () => {
    expect(() => getCollector()).toThrow(/call initializeCollector first/);
    const made = initializeCollector(config);
    expect(getCollector()).toBe(made);
    expect(getCollector()).toBe(made);
  });

  it("initializeCollector refuses a second shared collector until the first has stopped", async () => {
    const made = initializeCollector(config);
    expect(() => initializeCollector(config)).toThrow(/already exists and is starting;/);
    await made.start();
    expect(() => initializeCollector(config)).toThrow(/already exists and is running;/);
  });

  it("the shared collector is removed by its shutdown, and another one can be created", async () => {
    const first = initializeCollector(config);
    await first.start();
    await first.shutdown();
    expect(() => getCollector()).toThrow(/there is no shared collector/);
    const second = initializeCollector(config);
    expect(second).not.toBe(first);
    expect(second.bootId).not.toBe(first.bootId);
  });

  it("two copies of this package share one collector", async () => {
    const made = initializeCollector(config);
    const url = new URL("../../src/collector/shared.ts?copy", import.meta.url).href;
    const copy = (await import(/* @vite-ignore */ url)) as { getCollector: () => unknown };
    expect(copy.getCollector).not.toBe(getCollector);
    expect(copy.getCollector()).toBe(made);
  });

  it("createCollector creates any number of collectors besides the shared one", async () => {
    initializeCollector(config);
    await using own = createCollector(config);
    await own.start();
    await settle();
    expect(own.lifecycle).toBe("running");
    expect(getCollector()).not.toBe(own);
  });
});
