import * as z from "zod";
import { describe, expect, it } from "vitest";
import { VitalsError } from "../../src/base/errors.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { queueMetrics } from "../support/scripted.ts";

const readings = [reading(queueMetrics, () => ({ depth: 1 }))];
const open = (): string => "the connection";
const base = { options: z.strictObject({}), readings };

const KINDS = [
  defineSource({ ...base, kind: "silent", open }),
  defineSource({ ...base, kind: "server", open, describe: async (connection) => [`Server 1.2 over ${String(connection)}`, "two graphs"] }),
  defineSource({ ...base, kind: "hanging", open, describe: () => new Promise<never>(() => {}) }),
  defineSource({ ...base, kind: "broken", open, describe: () => Promise.reject(new TypeError("no such thing")) }),
  defineSource({
    ...base,
    kind: "uninstalled",
    open: (): string => {
      throw new VitalsError("config_invalid", "the package redis is not installed; run: npm install redis@6");
    },
    describe: async () => [],
  }),
];

describe("Collector.describeSources", () => {
  it("describeSources reports what each source finds, and the reason of each that finds nothing in time", async () => {
    const clock = new ManualClock();
    const sources = Object.fromEntries(KINDS.map(({ kind }) => [kind, { kind }]));
    const collector = createCollector(
      { sources, collections: {} },
      { clock, sourceKinds: KINDS, logger: { debug() {}, info() {}, warn() {}, error() {} } },
    );
    const described = collector.describeSources();
    await clock.advance(15_000);
    const found = (await described).map(({ name, lines, error }) => [name, ...lines, ...(error ? [error.code, error.message] : [])]);
    expect(found).toEqual([
      ["silent"],
      ["server", "Server 1.2 over the connection", "two graphs"],
      ["hanging", "source_timeout", 'source "hanging" could not be described within 15s'],
      ["broken", "source_failed", "no such thing"],
      ["uninstalled", "config_invalid", "the package redis is not installed; run: npm install redis@6"],
    ]);
    await collector.shutdown();
  });
});
