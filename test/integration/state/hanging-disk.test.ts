import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished, type TestOptions } from "vitest";
import { follow } from "../../support/events.ts";
import { needs } from "../../support/programs.ts";
import { stateFolder } from "../../support/state-folder.ts";
import { ROOT } from "../../support/yaml-file.ts";

/** The header and the first entries get to the disk, and nothing after them for ten minutes. */
const HANGING = ["-f", "-qq", "-o", "/dev/null", "--seccomp-bpf", "-e", "trace=fdatasync"];
const INJECTED = ["-e", "inject=fdatasync:delay_enter=600000000:when=3+"];

function needsTracing(): TestOptions {
  const missing = needs("linux", "strace");
  if (missing.skip === true || spawnSync("strace", [...HANGING, "true"]).status === 0) return missing;
  return { skip: true, meta: { skipReason: "this system allows no tracing of processes" } };
}

type Line = Readonly<Record<string, unknown>>;

/** Starts the command with a disk that hangs; it and its tracer are killed at the end of the test. */
function started(folder: string) {
  const main = join(ROOT, "src/cli/main.ts");
  const run = [process.execPath, main, "run", "-c", join(folder, "otel-config.yaml"), "--listen", "127.0.0.1:0", "--log-format", "json"];
  const tracer = spawn("strace", [...HANGING, ...INJECTED, ...run], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(async () => {
    if (tracer.exitCode !== null || tracer.signalCode !== null) return;
    const ended = once(tracer, "exit");
    // The command first: without its tracer it would go on.
    process.kill(traced(tracer), "SIGKILL");
    tracer.kill("SIGKILL");
    await ended;
  });
  const lines: Line[] = [];
  const changes = new EventTarget();
  createInterface(tracer.stderr).on("line", (line) => {
    if (line.startsWith("{")) lines.push(JSON.parse(line) as Line);
    changes.dispatchEvent(new Event("line"));
  });
  const logged = async (fits: (line: Line) => boolean): Promise<Line> => {
    for (;;) {
      const found = lines.find(fits);
      if (found) return found;
      await once(changes, "line");
    }
  };
  return { tracer, logged };
}

/** The process that a tracer has started. */
const traced = ({ pid }: ChildProcess): number => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());

describe("otel-vitals run on a disk that hangs", () => {
  it("Ticks go on, the state is reported as not saved, and a stop ends in time", needsTracing(), async () => {
    const folder = dirname(stateFolder());
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "otel-config.yaml"),
      `file_format: "1.0"
collector:
  state: { dir: state, sync: 100ms }
  sources: { here: { kind: host } }
  collections: { machine: { source: here, type: system, interval: 500ms } }
  health: { interval: 500ms, for: 0s }
`,
    );
    const { tracer, logged } = started(folder);
    const { url } = await logged(({ message }) => message === "started");
    const degraded = await logged(({ component, message }) => component === "state" && message === "state is degraded");
    expect(degraded["reason"]).toMatch(/^what happens is kept in memory only, .*: a (?:write|sync) has not ended for [\d.]+ ?s/);
    using stream = follow(`${String(url)}/api/v1/events?types=sample`);
    await stream.until("sample", 5);
    expect((await fetch(`${String(url)}/livez`)).status).toBe(200);
    process.kill(traced(tracer), "SIGTERM");
    const stopping = await logged(({ message }) => message === "stopping");
    const stopped = await logged(({ message }) => message === "stopped");
    expect(Date.parse(String(stopped["time"])) - Date.parse(String(stopping["time"]))).toBeLessThan(10_000);
  });
});
