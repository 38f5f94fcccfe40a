import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { running } from "../../support/command.ts";
import { follow } from "../../support/events.ts";
import { needs } from "../../support/programs.ts";
import { namedPipe, terminal, type Lines } from "../../support/terminal.ts";
import { ROOT } from "../../support/yaml-file.ts";

describe("signals", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("otel-vitals run says goodbye to its clients and exits with 0 on %s", async (signal) => {
    await using collector = await running([]);
    using stream = follow(`${collector.url}/api/v1/events`);
    await stream.until("hello");
    collector.signal(signal);
    await stream.until("bye");
    expect(await collector.ended).toBe(0);
    expect(collector.log.slice(-2)).toMatchObject([{ message: "stopping", signal }, { message: "stopped" }]);
  });

  it("otel-vitals run opens no debugger on SIGUSR1, and continues", async () => {
    await using collector = await running([]);
    using stream = follow(`${collector.url}/api/v1/events?types=sample`);
    collector.signal("SIGUSR1");
    // Node would have started the debugger by then.
    await stream.until("sample", 3);
    expect((await fetch(`${collector.url}/livez`)).status).toBe(200);
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    expect(collector.log.filter(({ message }) => /debugger|inspector/i.test(String(message)))).toEqual([]);
  });
});

const RUN = [process.execPath, join(ROOT, "src/cli/main.ts"), "run", "--log-format", "json", "--listen", "127.0.0.1:0"].join(" ");

/** The process id in a log, which is that of the command; it ends with the test. */
async function pidIn(log: Lines): Promise<number> {
  const pid = Number((await log.containing("pid ")).slice(4));
  onTestFinished(() => send(pid, "SIGKILL"));
  return pid;
}

/** Sends a signal to a process that may have ended. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    expect(error).toMatchObject({ code: "ESRCH" });
  }
}

describe("SIGHUP", needs("linux", "script"), () => {
  it("otel-vitals run ends gracefully on SIGHUP where a terminal is attached, and does not hurry at a second one", async () => {
    using log = namedPipe();
    // The shell becomes the command, so its number is that of the command.
    await using _ = terminal(`exec 2> ${log.path}; echo pid $$ >&2; exec ${RUN}`);
    await log.containing('"started"');
    const pid = await pidIn(log);
    process.kill(pid, "SIGHUP");
    await log.containing('"stopping"');
    send(pid, "SIGHUP");
    await log.ended;
    expect(log.lines.slice(-2)).toEqual([expect.stringContaining('"stopping"'), expect.stringContaining('"stopped"')]);
  });

  it("otel-vitals run ends gracefully when its terminal closes", async () => {
    using log = namedPipe();
    await using shell = terminal(`exec 2> ${log.path}; echo pid $$ >&2; exec ${RUN}`);
    await log.containing('"started"');
    await pidIn(log);
    await shell.hangUp();
    await log.containing('"stopped"');
    await log.ended;
  });

  it("otel-vitals run under nohup goes on when its terminal closes", async () => {
    using log = namedPipe();
    await using shell = terminal(`nohup ${RUN} > /dev/null 2> ${log.path} & echo pid $! > ${log.path}; wait`);
    await log.containing('"started"');
    const pid = await pidIn(log);
    await shell.hangUp();
    // The hang-up comes as a SIGHUP, which is a reload here.
    await log.containing('"configuration reloaded, without a change"');
    process.kill(pid, "SIGTERM");
    await log.containing('"stopped"');
    await log.ended;
  });

  it("otel-vitals run without a terminal and without a file goes on at SIGHUP, and says that there is nothing to reload", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-no-file-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await using collector = await running([], { cwd: folder });
    collector.signal("SIGHUP");
    await collector.logged(({ message }) => String(message).includes("there is nothing to reload"));
    expect((await fetch(`${collector.url}/livez`)).status).toBe(200);
  });
});
