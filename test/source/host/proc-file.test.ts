import { openSync, closeSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ProcFile } from "../../../src/source/host/proc-file.ts";
import { Machine } from "./machine.ts";

describe("ProcFile", () => {
  it("ProcFile reads the current content each time, whether the file grew or shrank", () => {
    using machine = new Machine();
    machine.write("f", "one\n");
    using file = new ProcFile(machine.path("f"));
    expect(file.read()?.toString()).toBe("one\n");
    const long = "a long line of text\n".repeat(10_000);
    machine.write("f", long);
    expect(file.read()?.toString()).toBe(long);
    machine.write("f", "2\n");
    expect(file.read()?.toString()).toBe("2\n");
    machine.write("f", "");
    expect(file.read()?.length).toBe(0);
  });

  it.each([4_095, 4_096, 4_097, 8_192])("ProcFile reads all of a file of %i bytes, near the size of its buffer", (size) => {
    using machine = new Machine();
    machine.write("f", `${"x".repeat(size - 1)}\n`);
    using file = new ProcFile(machine.path("f"));
    expect(file.read()?.length).toBe(size);
  });

  it("ProcFile leaves out a last line that is cut off", () => {
    using machine = new Machine();
    machine.write("f", "first 123\nsecond 45");
    using file = new ProcFile(machine.path("f"));
    expect(file.read()?.toString()).toBe("first 123\n");
    machine.write("f", "123");
    expect(file.read()?.toString()).toBe("");
  });

  it("ProcFile reads no further than its maximum", () => {
    using machine = new Machine();
    machine.write("f", "first\nsecond\nthird\n");
    using file = new ProcFile(machine.path("f"), 9);
    expect(file.read()?.toString()).toBe("first\n");
  });

  it("ProcFile reads at most 4 MiB, up to the last complete line", () => {
    using machine = new Machine();
    machine.write("f", "0123456789\n".repeat(500_000));
    using file = new ProcFile(machine.path("f"));
    const bytes = file.read();
    expect(bytes?.length).toBeGreaterThan(4_000_000);
    expect(bytes?.length).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(bytes?.subarray(-11).toString()).toBe("0123456789\n");
  });

  it("ProcFile returns undefined for a missing file and for a folder", () => {
    using machine = new Machine();
    using missing = new ProcFile(machine.path("missing"));
    using folder = new ProcFile(machine.root);
    expect(missing.read()).toBeUndefined();
    expect(folder.read()).toBeUndefined();
  });

  it("ProcFile returns undefined after it was closed, also if another file has its number", () => {
    using machine = new Machine();
    machine.write("f", "mine\n");
    machine.write("other", "of another\n");
    const file = new ProcFile(machine.path("f"));
    file[Symbol.dispose]();
    const other = openSync(machine.path("other"), "r");
    expect(file.read()).toBeUndefined();
    // Closing twice must not close the other file.
    file[Symbol.dispose]();
    closeSync(other);
  });
});
