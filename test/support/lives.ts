import { createCollector } from "../../src/collector/create-collector.ts";
import type { Collector, CollectorSettings } from "../../src/collector/collector.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { MemoryEngine } from "../../src/journal/memory-engine.ts";
import { scriptedKind, type Script, type ScriptedConfig } from "./scripted.ts";

/** One life of a collector, from its start until it is killed or stops. */
export interface Life {
  readonly clock: ManualClock;
  readonly collector: Collector;
}

/**
 * Collectors that live one after the other on one journal. Time passes only while one of them lives, or between two lives; each has a
 * monotonic clock of its own.
 */
export class Lives {
  readonly engine = new MemoryEngine({ maxBytes: 64 * 1024 * 1024 });
  /** What the sources read; a test may change it at any time. */
  readonly script: Script;
  readonly #settings: CollectorSettings;
  #config: ScriptedConfig;
  #wallMs = Date.UTC(2026, 0, 1);
  #count = 0;
  #current: Life | undefined;

  constructor(script: Script, config: ScriptedConfig, settings: CollectorSettings = {}) {
    this.script = script;
    this.#config = config;
    this.#settings = settings;
  }

  get current(): Life {
    if (!this.#current) throw new Error("nothing lives");
    return this.#current;
  }

  get collector(): Collector {
    return this.current.collector;
  }

  /** Starts a collector; the one before must have ended. */
  async start(config = this.#config, settings: CollectorSettings = {}): Promise<Life> {
    this.#config = config;
    this.#count += 1;
    const clock = new ManualClock({ wallMs: this.#wallMs, monotonicMs: this.#count * 777_777_777 });
    const collector: Collector = createCollector(config, {
      clock,
      sourceKinds: [scriptedKind(this.script)],
      journal: this.engine,
      ...this.#settings,
      ...settings,
    });
    this.#current = { clock, collector };
    await collector.start();
    return this.#current;
  }

  async advance(ms: number): Promise<void> {
    await this.current.clock.advance(ms);
  }

  /** Ends the collector at once, as `kill -9` does: its clock stands still for ever. Then time passes without any. */
  kill(outageMs: number): void {
    this.#wallMs = this.current.clock.wallMs() + outageMs;
    this.#current = undefined;
  }

  /** Stops the collector in order. Then time passes without any. */
  async stop(outageMs: number): Promise<void> {
    const { clock, collector } = this.current;
    const stopped = collector.shutdown();
    await clock.advance(6_000);
    await stopped;
    this.#wallMs = clock.wallMs() + outageMs;
    this.#current = undefined;
  }

  /** The wall clock of the next life differs by this much. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }
}
