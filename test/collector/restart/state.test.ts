import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCollector } from "../../../src/collector/create-collector.ts";
import { RecordingSink } from "../../../src/health/sink/recording-sink.ts";
import { MemoryEngine } from "../../../src/journal/memory-engine.ts";
import { Lives } from "../../support/lives.ts";
import { each, type ScriptedConfig } from "../../support/scripted.ts";

const deep = (): ScriptedConfig => ({
  ...each(["jobs"]),
  health: { startup_grace: "0s", rules: [{ name: "Deep", collection: "jobs", field: "depth", above: 50 }] },
});

/** A logger that keeps warnings and errors. */
function keptLog() {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  return { lines, logger: { debug() {}, info() {}, warn: keep, error: keep } };
}

/** Saved values that no version of this program wrote. */
const UNUSABLE: readonly (readonly [what: string, value: string, said: RegExp])[] = [
  ["of a newer version", JSON.stringify({ version: 2, savedAt: 0 }), /has the version 2, and this program reads 1/],
  ["of another form", JSON.stringify({ version: 1, savedAt: 0, health: { components: 7 } }), /health/],
  ["that is no JSON", "{", /JSON/],
  ["that is null", "null", /version/],
];

describe("The state of a collector", () => {
  it.each(UNUSABLE)("A checkpoint %s is not used: it starts, says so, and its windows are those of before", async (_, value, said) => {
    const { lines, logger } = keptLog();
    const lives = new Lives({ jobs: () => ({ depth: 1 }) }, deep(), { logger });
    await lives.start();
    await lives.advance(10_000);
    lives.kill(10);
    await lives.engine.save({ checkpoint: value, history: value, sinks: value });
    await lives.start();
    expect(lines.filter((line) => said.test(line)).length).toBeGreaterThan(0);
    expect(lives.collector.collection("jobs").report().samples).toBe(10);
    await lives.advance(5_000);
    expect(lives.collector.health.report().status).toBe("healthy");
  });

  it("A save that never ends delays no tick, and an alert by a second at most", async () => {
    class HangingEngine extends MemoryEngine {
      saves = 0;
      override save(): Promise<void> {
        this.saves += 1;
        return new Promise(() => {});
      }
    }
    const engine = new HangingEngine();
    const sink = new RecordingSink();
    const lives = new Lives({ jobs: () => ({ depth: 99 }) }, deep(), { journal: engine, sinks: [sink] });
    await lives.start();
    await lives.advance(500);
    expect(engine.saves).toBe(1);
    await lives.advance(1_000);
    expect(sink.alerts.map(({ labels }) => labels.alertname)).toEqual(["Deep"]);
    await lives.advance(60_000);
    expect(lives.collector.stats().ticks["jobs"]).toMatchObject({ success: 62, missed: 0 });
    expect(engine.saves).toBe(1);
    await lives.stop(0);
  });

  it("A notification is sent only once it is saved, so that a crash cannot forget it", async () => {
    class GatedEngine extends MemoryEngine {
      gate: Promise<void> = Promise.resolve();
      override async save(values: Readonly<Record<string, string>>): Promise<void> {
        await this.gate;
        await super.save(values);
      }
    }
    const engine = new GatedEngine();
    const sink = new RecordingSink();
    const depth = { value: 1 };
    const lives = new Lives({ jobs: () => ({ depth: depth.value }) }, deep(), { journal: engine, sinks: [sink] });
    await lives.start();
    await lives.advance(5_500);
    const { promise, resolve } = Promise.withResolvers<void>();
    engine.gate = promise;
    depth.value = 99;
    await lives.advance(700);
    expect(lives.collector.alerts()).toHaveLength(1);
    expect(sink.alerts).toEqual([]);
    resolve();
    await lives.advance(0);
    expect(sink.alerts).toHaveLength(1);
    lives.kill(1_000);
    depth.value = 1;
    await lives.start();
    await lives.advance(120_000);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
  });

  it("What happened last is saved within the time to sync, however seldom the collection ticks", async () => {
    const lives = new Lives(
      { a: () => ({ depth: 1 }), b: () => ({ depth: 1 }) },
      { ...each(["a", "b"], "60s"), state: { dir: "unused", sync: "2s" } },
    );
    await lives.start();
    await lives.advance(61_000);
    const savedAt = async (): Promise<number> =>
      (JSON.parse((await lives.engine.load("checkpoint")) ?? "{}") as { savedAt: number }).savedAt;
    const ticks = [...lives.collector.collections()].map((handle) => Date.parse(handle.recent(1)[0]?.time ?? ""));
    expect(ticks).toHaveLength(2);
    await lives.advance(3_000);
    expect(await savedAt()).toBeGreaterThanOrEqual(Math.max(...ticks));
  });

  it("A folder that cannot be created keeps the collector in memory, which the component says", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-state-"));
    // Also the superuser cannot create a folder in a file.
    writeFileSync(join(folder, "file"), "");
    const { lines, logger } = keptLog();
    const collector = createCollector({ state: { dir: join(folder, "file", "state") } }, { logger });
    await collector.start();
    await collector[Symbol.asyncDispose]();
    const component = collector.health.report().components.find(({ component }) => component === "state");
    expect(component?.reason).toMatch(/kept in memory only, and a restart would lose it: /);
    expect(lines.length).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  });

  it("A collector creates its folder when it starts, not before, and a muted one not at all", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-state-"));
    const state = join(folder, "state");
    const settings = { baseDir: folder, logger: keptLog().logger };
    const muted = createCollector({ state: { dir: "state" } }, { ...settings, mute: true });
    await muted.start();
    await muted.shutdown();
    const collector = createCollector({ state: { dir: "state" } }, settings);
    expect(existsSync(state)).toBe(false);
    await collector.start();
    expect(readdirSync(state).length).toBeGreaterThan(0);
    expect(collector.health.report().components.map(({ component }) => component)).toContain("state");
    await collector.shutdown();
    rmSync(folder, { recursive: true });
  });
});
