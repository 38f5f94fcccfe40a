import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cacheHome, privateFolder } from "../../src/cli/compile-cache.ts";

let home = "";
beforeEach(() => void (home = realpathSync(mkdtempSync(join(tmpdir(), "vitals-cache-")))));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(home, { recursive: true });
});

describe("privateFolder", () => {
  it("privateFolder makes a folder that only its user can enter, and finds it again", () => {
    const folder = privateFolder(join(home, ".cache"));
    expect(folder).toBe(join(home, ".cache/otel-vitals"));
    expect(statSync(join(home, ".cache/otel-vitals")).mode & 0o777).toBe(0o700);
    expect(privateFolder(join(home, ".cache"))).toBe(folder);
  });

  it.each([0o770, 0o707, 0o777, 0o1777])("privateFolder refuses a folder of mode %o, to which others can add code", (mode) => {
    mkdirSync(join(home, "otel-vitals"));
    chmodSync(join(home, "otel-vitals"), mode);
    expect(privateFolder(home)).toBeUndefined();
  });

  it("privateFolder refuses a folder that others can replace through one above, unless that one is sticky", () => {
    const above = join(home, "above");
    mkdirSync(above);
    chmodSync(above, 0o777);
    expect(privateFolder(join(above, ".cache"))).toBeUndefined();
    chmodSync(above, 0o1777);
    expect(privateFolder(join(above, ".cache"))).toBe(join(above, ".cache/otel-vitals"));
  });

  it("privateFolder judges the folder that a symbolic link leads to", () => {
    const [open, linked] = [join(home, "open"), join(home, "linked")];
    mkdirSync(join(open, "otel-vitals"), { recursive: true });
    mkdirSync(linked);
    chmodSync(open, 0o777);
    symlinkSync(join(open, "otel-vitals"), join(linked, "otel-vitals"));
    expect(privateFolder(linked)).toBeUndefined();
    chmodSync(open, 0o755);
    expect(privateFolder(linked)).toBe(join(open, "otel-vitals"));
  });

  it("privateFolder refuses a folder of another user", () => {
    const user = process.geteuid?.() as number;
    expect(privateFolder(home)).toBe(join(home, "otel-vitals"));
    vi.spyOn(process, "geteuid").mockReturnValue(user + 1);
    expect(privateFolder(home)).toBeUndefined();
  });

  it("privateFolder returns nothing where no folder can be made", () => {
    writeFileSync(join(home, "otel-vitals"), "");
    expect(privateFolder(home)).toBeUndefined();
    expect(privateFolder(join(home, "otel-vitals"))).toBeUndefined();
  });
});

describe("cacheHome", () => {
  it("cacheHome follows the XDG specification, which ignores a relative path", () => {
    expect(cacheHome({ XDG_CACHE_HOME: "/var/cache/me" })).toBe("/var/cache/me");
    for (const env of [{}, { XDG_CACHE_HOME: "" }, { XDG_CACHE_HOME: "relative" }]) expect(cacheHome(env)).toBe(join(homedir(), ".cache"));
  });
});
