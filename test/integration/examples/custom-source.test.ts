import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import spoolFolder, { spoolMetrics } from "../../../examples/custom-source/spool-folder.ts";
import { readOnce } from "../../../src/testing.ts";
import { command } from "../../support/command.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { ROOT } from "../../support/yaml-file.ts";

const EXAMPLE = join(ROOT, "examples/custom-source");

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "vitals-spool-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const clock = new ManualClock();

const read = () => readOnce(spoolFolder, { path: "." }, spoolMetrics, { baseDir: folder, clock });

describe("examples/custom-source", () => {
  it("the tests of the custom source example pass under node --test", async () => {
    const child = spawn(process.execPath, ["--test", "--test-reporter=tap", join(EXAMPLE, "spool-folder.test.ts")]);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
    const [code] = (await once(child, "close")) as [number | null];
    expect(output).toMatch(/^# pass 4$/m);
    expect(code).toBe(0);
  });

  it("docs/how-to/write-a-source.md shows only excerpts of files that are tested", () => {
    const files = [...readdirSync(EXAMPLE).map((name) => join(EXAMPLE, name)), join(ROOT, "test/types/sources.test-d.ts")];
    const tested = files.map((file) => readFileSync(file, "utf8")).join("\n");
    const guide = readFileSync(join(ROOT, "docs/how-to/write-a-source.md"), "utf8");
    const blocks = [...guide.matchAll(/^```(?:ts|yaml)\n([\s\S]*?)^```$/gm)].map(([, text]) => text as string);
    const excerpts = blocks.flatMap((block) => block.split("\n\n")).map((excerpt) => excerpt.trim());
    expect(excerpts.length).toBeGreaterThan(4);
    expect(excerpts.filter((excerpt) => !tested.includes(excerpt))).toEqual([]);
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
    expect(stdout).toMatch(/^spool\s+success .*\n\s+waiting\s+3\n\s+oldestAge\s+\d/);
    expect(code).toBe(0);
  });
});
