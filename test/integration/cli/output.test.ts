import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "../../support/command.ts";
import { needs } from "../../support/programs.ts";
import { ROOT } from "../../support/yaml-file.ts";

const MAIN = join(ROOT, "src/cli/main.ts");

const folder = mkdtempSync(join(tmpdir(), "vitals-output-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The environment of a command, without what would change its configuration or its colors. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(OTEL_|MEMORY_FILE_PATH$|NO_COLOR$|FORCE_COLOR$|TERM$)/.test(name)),
);

/** Every command but `run`, which prints no result. */
const PRINTING: readonly (readonly string[])[] = [
  ["--version"],
  ["--help"],
  ["once", "--help"],
  ["validate"],
  ["validate", "--json"],
  ["once"],
  ["once", "--format", "json"],
  ["once", "--format", "prom"],
  ["check"],
  ["health", "--listen", "127.0.0.1:9"],
  ["test", "examples/rules/built-in.yaml"],
  ["test", "--json", "examples/rules/built-in.yaml"],
  ["dashboards", "--out", join(folder, "grafana")],
  ["init", "-c", join(folder, "new.yaml")],
];

describe("standard output", needs("linux"), () => {
  let full = 0;
  beforeAll(() => void (full = openSync("/dev/full", "w")));
  afterAll(() => closeSync(full));

  it.each(PRINTING.map((args) => [args.join(" ").replace(folder, "DIR"), args] as const))(
    "otel-vitals %s fails and says so if the disk is full",
    (_, args) => {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
        cwd: ROOT,
        env,
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      });
      expect([status, stderr]).toEqual([1, "standard output cannot be written: ENOSPC: no space left on device, write\n"]);
    },
  );
});

describe("the result of a command", () => {
  it("a file that takes only the beginning of the result is a failure", async () => {
    const file = join(folder, "short.json");
    // Half a kilobyte at most: the first write is a short one, and only the next one fails.
    const shell = `ulimit -f 1; exec "$@" > '${file}'`;
    const { status, stderr } = spawnSync("sh", ["-c", shell, "sh", process.execPath, MAIN, "once", "--format", "json"], {
      cwd: ROOT,
      env,
      encoding: "utf8",
    });
    expect(statSync(file).size).toBe(512);
    expect([status, stderr]).toEqual([1, expect.stringContaining("standard output cannot be written: EFBIG") as string]);
  });

  it("a file gets the same result as a pipe", async () => {
    const file = join(folder, "whole.txt");
    const out = openSync(file, "w");
    const { status } = spawnSync(process.execPath, [MAIN, "once", "--help"], { cwd: ROOT, env, stdio: ["ignore", out, "inherit"] });
    closeSync(out);
    const piped = await command(["once", "--help"]);
    expect([status, statSync(file).size]).toEqual([0, Buffer.byteLength(piped.stdout)]);
  });

  it("a reader that has closed the pipe is a failure, in one line", () => {
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", '{ "$@"; echo "exit $?" >&2; } | exec true', "sh", process.execPath, MAIN, "once", "--format", "json"],
      { cwd: ROOT, env, encoding: "utf8" },
    );
    expect([status, stderr.trim().split("\n")]).toEqual([
      0,
      [expect.stringMatching(/^standard output cannot be written: .*EPIPE/), "exit 1"],
    ]);
  });
});
