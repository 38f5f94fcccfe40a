import { mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import spoolFolder from "../../examples/own-source/spool-folder.ts";
import { Source } from "../../src/source/source.ts";
import { checkSource } from "../../src/testing.ts";
import { command } from "../support/command.ts";
import { SimulatedClock } from "../support/simulated-clock.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "vitals-spool-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const clock = new SimulatedClock();

function read(): Promise<unknown> {
  const source = new Source(spoolFolder, { path: "." }, { name: "outbox", baseDir: folder, clock, types: new Map() });
  const reading = source.readings.get("spool");
  if (!reading) throw new Error("the reading is there");
  return source.read(reading, new AbortController().signal);
}

describe("the example of a source of one's own", () => {
  it("is as a source should be", async () => {
    writeFileSync(join(folder, "letter"), "");
    expect(await checkSource(spoolFolder, { path: folder })).toEqual([]);
  });

  it("counts what waits, and tells the age of the oldest", async () => {
    for (const [name, ageSeconds] of [
      ["new", 5],
      ["old", 90],
    ] as const) {
      writeFileSync(join(folder, name), "");
      utimesSync(join(folder, name), 0, clock.wallMs() / 1_000 - ageSeconds);
    }
    expect(await read()).toEqual({ waiting: 2, oldestAge: 90 });
  });

  it("has no age to tell where nothing waits", async () => {
    expect(await read()).toEqual({ waiting: 0 });
  });

  it("takes no notice of what was taken out since it was listed", async () => {
    symlinkSync(join(folder, "taken"), join(folder, "link")); // is listed, and is not there when it is looked at
    expect(await read()).toEqual({ waiting: 0 });
  });

  it("runs with the configuration beside it", async () => {
    const { code, stdout, stderr } = await command(["once", "--config", "examples/own-source/otel-config.yaml"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^spool\s+success .*\n\s+waiting\s+2 \{file\}\n\s+oldestAge\s+\d/);
    expect(code).toBe(0);
  });
});
