import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { command } from "../../support/command.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "vitals-start-"))));
afterEach(() => rmSync(folder, { recursive: true }));

describe("compiled code", () => {
  it("the command neither makes nor reads a folder of compiled code that any user could have made", async () => {
    const [home, temporary] = [join(folder, "home"), join(folder, "tmp")];
    mkdirSync(home);
    mkdirSync(temporary);
    const env = { HOME: home, TMPDIR: temporary, XDG_CACHE_HOME: "" };
    expect(await command(["--version"], { env })).toMatchObject({ code: 0 });
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(join(home, ".cache/otel-vitals"))).not.toEqual([]);
  });

  it("the command runs without reuse where its user has no folder of their own", async () => {
    const home = join(folder, "home");
    mkdirSync(home);
    chmodSync(home, 0o777);
    expect(await command(["--version"], { env: { HOME: home, XDG_CACHE_HOME: "", TMPDIR: home } })).toMatchObject({ code: 0 });
    expect(existsSync(join(home, "node-compile-cache"))).toBe(false);
    expect(readdirSync(join(home, ".cache/otel-vitals"))).toEqual([]);
    expect(await command(["--version"], { env: { HOME: "/dev/null", XDG_CACHE_HOME: "" } })).toMatchObject({ code: 0, stderr: "" });
  });
});
