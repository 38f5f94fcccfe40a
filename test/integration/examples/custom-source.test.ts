import { mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import spoolFolder from "../../../examples/custom-source/spool-folder.ts";
import { checkSource } from "../../../src/testing.ts";
import { command } from "../../support/command.ts";
import { SimulatedClock } from "../../support/simulated-clock.ts";
import { makeSource } from "../../support/source.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "vitals-spool-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const clock = new SimulatedClock();

function read(): Promise<unknown> {
  const source = makeSource(spoolFolder, { path: "." }, { name: "outbox", baseDir: folder, clock, types: new Map() });
  const reading = source.readings.get("spool");
  if (!reading) throw new Error("expected a reading of type spool");
  return source.read(reading, new AbortController().signal);
}

describe("examples/custom-source", () => {
  it("the custom source example passes checkSource", async () => {
    writeFileSync(join(folder, "letter"), "");
    expect(await checkSource(spoolFolder, { path: folder })).toEqual([]);
  });

  it("the custom source example counts the waiting files and measures the age of the oldest", async () => {
    for (const [name, ageSeconds] of [
      ["new", 5],
      ["old", 90],
    ] as const) {
      writeFileSync(join(folder, name), "");
      utimesSync(join(folder, name), 0, clock.wallMs() / 1_000 - ageSeconds);
    }
    expect(await read()).toEqual({ waiting: 2, oldestAge: 90 });
  });

  it("the custom source example omits the age if no file is waiting", async () => {
    expect(await read()).toEqual({ waiting: 0 });
  });

  it("the custom source example ignores a file that was removed after the folder was listed", async () => {
    symlinkSync(join(folder, "taken"), join(folder, "link")); // a dangling link: it is listed, but stat fails with ENOENT
    expect(await read()).toEqual({ waiting: 0 });
  });

  it("otel-vitals once runs the custom source example with its configuration file", async () => {
    const { code, stdout, stderr } = await command(["once", "--config", "examples/custom-source/otel-config.yaml"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^spool\s+success .*\n\s+waiting\s+2\n\s+oldestAge\s+\d/);
    expect(code).toBe(0);
  });
});
