import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { banner, sampleLine, type BannerFacts, type Display } from "../../src/cli/banner.ts";
import { tableOf } from "../../src/cli/once.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { Sample } from "../../src/sample/sample.ts";
import type { AnyValues } from "../../src/sample/sample-type.ts";

const GIB = 1024 ** 3;
const LONG_NAME = "/mnt/a-folder-whose-name-is-longer-than-any-line-of-the-terminal-that-shows-it/and-more";
const REASON = `expected a JSON object, found ${"nothing of the kind ".repeat(10)}at last`;

const collection = createCollector(
  { sources: { machine: { kind: "host" } }, collections: { analytics: { source: "machine", type: "system", interval: "1s" } } },
  { clock: new ManualClock() },
).collection("analytics");

const sampled: Pick<Sample, "time" | "collection" | "durationMs"> = {
  time: "2026-01-01T12:00:00Z",
  collection: "analytics",
  durationMs: 12,
};
const success = (values: AnyValues): Sample => ({ ...sampled, outcome: "success", values });
const failed: Sample = { ...sampled, outcome: "failed", error: { type: "reading_invalid", message: REASON } };

const MACHINE = success({
  cpuUtilization: 0.123,
  cpuTime: { user: 90, system: 12.5 },
  memoryUsage: { used: 2 * GIB, free: 512 },
  memoryLimit: 16 * GIB,
  memoryUtilization: 0.219,
  loadAverage1m: 1.5,
  uptime: 7_260,
  filesystemUtilization: { [LONG_NAME]: 0.5 },
  networkIo: { eth0: { receive: 1_536, transmit: 0 } },
  processMemory: 137 * 1024 ** 2,
  eventLoopDelayP99: 0.0123,
});

const displayOf = (columns: number): Display => ({ bold: (text) => text, dim: (text) => text, columns });
const facts: BannerFacts = {
  url: "http://127.0.0.1:9464",
  file: undefined,
  collections: [collection.report()],
  pushes: ["http://localhost:4318/v1/metrics"],
  hasPrometheus: true,
};

/** A number with a UCUM unit behind it that is not for people, or a note in braces. */
const UCUM = /\d (1|By|Cel|s\/s)\b|[{}]/;

describe("the banner", () => {
  it("ends with what to do next", () => {
    expect(banner(facts, displayOf(80)).trimEnd().split("\n").at(-1)).toBe("  Open the page in a browser. Ctrl-C ends the collector.");
  });

  it.each([20, 40, 80, 200])("cuts no address and breaks no other line later than at %d cells", (columns) => {
    const lines = banner(facts, displayOf(columns)).split("\n");
    for (const address of ["/", "/health", "/metrics", "/api/v1/events", "/api/v1/collections"])
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^  \\w+ +http://127\\.0\\.0\\.1:9464${address}$`)));
    expect(lines).toContain("  push     http://localhost:4318/v1/metrics");
    if (columns < 40) return;
    expect(lines.filter((line) => line.length > columns && !/^ {2}(\w+ +http|config)/.test(line))).toEqual([]);
  });
});

describe("the line of a first sample", () => {
  it("begins with the CPU, has the units of people, and no limit and no uptime", () => {
    expect(sampleLine(MACHINE, collection.report(), displayOf(140))).toBe(
      "  ● analytics    every 1s   cpuUtilization 12.3 %, memoryUtilization 21.9 %, loadAverage1m 1.5, processMemory 137 MiB",
    );
  });

  it.each([30, 60, 80, 81, 100])("shows as many whole numbers as %d cells have room for", (columns) => {
    const line = sampleLine(MACHINE, collection.report(), displayOf(columns));
    const whole = sampleLine(MACHINE, collection.report(), displayOf(140));
    expect(line.length).toBeLessThanOrEqual(Math.max(columns, 28));
    const rest = whole.slice(line.length);
    expect(whole.startsWith(line) && (rest.startsWith(", ") || line.endsWith(" "))).toBe(true);
  });

  it("shows the whole reason of a failure, below the line where it does not fit", () => {
    const lines = sampleLine(failed, collection.report(), displayOf(80)).split("\n");
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join(" ").split(/ +/).slice(5).join(" ")).toBe(REASON.trim());
  });
});

describe("the table of otel-vitals once", () => {
  const table = (sample: Sample, columns: number): readonly string[] =>
    tableOf([collection], new Map([["analytics", sample]]), columns).split("\n");

  it("shows every number with the unit of people", () => {
    const rows = table(MACHINE, Infinity);
    expect(rows).toHaveLength(16);
    expect(rows.filter((row) => UCUM.test(row))).toEqual([]);
    const shown = rows.map((row) => row.trim().replace(/ {2,}/, ": "));
    expect(shown).toEqual(
      expect.arrayContaining([
        "cpuUtilization: 12.3 %",
        "cpuTime user: 1m 30s",
        "memoryUsage free: 512 B",
        "memoryLimit: 16 GiB",
        "uptime: 2h 1m",
        "networkIo eth0 receive: 1.5 KiB",
        "eventLoopDelayP99: 12.3 ms",
      ]),
    );
  });

  it.each([40, 60, 80, 120])("fits a terminal of %d columns: it breaks a long name, and cuts neither that nor a number", (columns) => {
    const words = (rows: readonly string[]): string => rows.join("").replaceAll(" ", "");
    const rows = table(MACHINE, columns);
    expect(rows.filter((row) => row.length > columns)).toEqual([]);
    expect(words(rows)).toBe(words(table(MACHINE, Infinity)));
  });

  it("cuts a name where a terminal has no room for one, and still no number", () => {
    const values = (rows: readonly string[]): readonly string[] => rows.map((row) => / {2}(\S.*)$/.exec(row.trim())?.[1] ?? "");
    expect(values(table(MACHINE, 20)).slice(1)).toEqual(values(table(MACHINE, Infinity)).slice(1));
  });

  it("cuts nothing where the output is no terminal", () => {
    expect(table(MACHINE, Infinity).some((row) => row.includes(LONG_NAME))).toBe(true);
    expect(table(failed, Infinity)).toEqual([`analytics  failed  ${REASON}`, ""]);
  });

  it("breaks the reason of a failure between words", () => {
    const lines = table(failed, 80);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join(" ").split(/ +/).join(" ").trim()).toBe(`analytics failed ${REASON}`);
  });
});
