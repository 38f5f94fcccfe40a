import type { CollectorConfig } from "../../src/collector/options.ts";
import { afterEach, describe, expect, it } from "vitest";
import { getCollector, initializeCollector } from "../../src/collector/shared.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { settle } from "../support/simulated-clock.ts";

const config: CollectorConfig = { sources: { here: { kind: "host" } }, collections: { analytics: { source: "here" } } };

afterEach(async () => {
  try {
    await getCollector().shutdown();
  } catch {
    // There was none.
  }
});

describe("the shared collector", () => {
  it("is one for the whole process, once it has been made", () => {
    expect(() => getCollector()).toThrow(/call initializeCollector first/);
    const made = initializeCollector(config);
    expect(getCollector()).toBe(made);
    expect(getCollector()).toBe(made);
  });

  it("cannot be made twice while it lives, whatever state it is in", async () => {
    const made = initializeCollector(config);
    expect(() => initializeCollector(config)).toThrow(/is starting already/);
    await made.start();
    expect(() => initializeCollector(config)).toThrow(/is running already/);
  });

  it("is gone after its shutdown, and another can follow", async () => {
    const first = initializeCollector(config);
    await first.start();
    await first.shutdown();
    expect(() => getCollector()).toThrow(/there is no shared collector/);
    const second = initializeCollector(config);
    expect(second).not.toBe(first);
    expect(second.bootId).not.toBe(first.bootId);
  });

  it("is shared by two copies of this package", async () => {
    const made = initializeCollector(config);
    const url = new URL("../../src/collector/shared.ts?copy", import.meta.url).href;
    const copy = (await import(/* @vite-ignore */ url)) as { getCollector: () => unknown };
    expect(copy.getCollector).not.toBe(getCollector);
    expect(copy.getCollector()).toBe(made);
  });

  it("leaves room for any number of others", async () => {
    initializeCollector(config);
    await using own = createCollector(config);
    await own.start();
    await settle();
    expect(own.lifecycle).toBe("running");
    expect(getCollector()).not.toBe(own);
  });
});
