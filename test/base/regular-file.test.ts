import { execFileSync } from "node:child_process";
import { constants, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRegularFile } from "../../src/base/regular-file.ts";
import { needs } from "../support/programs.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "vitals-regular-"))));
afterEach(() => rmSync(folder, { recursive: true }));

describe("openRegularFile", () => {
  it("openRegularFile opens a file, also through a link", async () => {
    writeFileSync(join(folder, "file"), "text");
    symlinkSync(join(folder, "file"), join(folder, "link"));
    await using file = await openRegularFile(join(folder, "link"));
    expect(await file.readFile("utf8")).toBe("text");
  });

  it("openRegularFile refuses a folder, a named pipe, a device and a socket without waiting", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync(join(folder, "pipe"), join(folder, "link"));
    const server = createServer().listen(join(folder, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    const refusals = [folder, ...["pipe", "link", "socket"].map((name) => join(folder, name)), "/dev/zero", "/dev/tty"].map((path) =>
      openRegularFile(path).then(
        () => "opened",
        (error: Error) => error.message,
      ),
    );
    const of = (noun: string): string => `is a ${noun}; expected a regular file`;
    expect(await Promise.all(refusals)).toEqual(["folder", "named pipe", "named pipe", "socket", "device", "device"].map(of));
    server.close();
  });

  // Some files of /proc, such as kmsg, are regular and block their reader; and a pipe may take a file's place before it is opened.
  it("openRegularFile opens a file so that neither opening nor reading it waits", needs("linux"), async () => {
    writeFileSync(join(folder, "file"), "text");
    await using file = await openRegularFile(join(folder, "file"));
    const flags = /^flags:\t([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${file.fd}`, "utf8"))?.[1];
    expect(Number.parseInt(flags ?? "0", 8) & constants.O_NONBLOCK).toBe(constants.O_NONBLOCK);
  });

  it("openRegularFile rejects with Node's error for a missing file", async () => {
    await expect(openRegularFile(join(folder, "no"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
