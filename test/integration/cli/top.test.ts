import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Collector } from "../../../src/collector/collector.ts";
import { createCollector } from "../../../src/collector/create-collector.ts";
import { serve } from "../../../src/http/index.ts";
import { command, running } from "../../support/command.ts";
import { serveHttp } from "../../support/http-server.ts";
import { needs } from "../../support/programs.ts";
import { ROOT } from "../../support/yaml-file.ts";

const ENTER = "\u001b[?1049h";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";

/** `top` on a terminal of its own. */
function onTerminal(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_|NO_COLOR$|FORCE_COLOR$|TERM$|CI$|LC_|LANG$)/.test(name));
  // The shell prints the settings of the terminal after the command, and its exit code.
  const run = `${process.execPath} ${join(ROOT, "src/cli/main.ts")} top ${args.join(" ")}`;
  const line = `stty cols 80 rows 24; ${run}; echo "code $?"; stty -a`;
  const child = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), TERM: "xterm-256color", LANG: "C.UTF-8", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  const waiting = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    text += String(chunk);
    for (const check of waiting) check();
  });
  const closed = once(child, "close");
  return {
    press: (keys: string) => void child.stdin.write(keys),
    /** Resolves once this is written after what was written at an earlier position; returns the position after it. */
    shows: (expected: string, from = 0): Promise<number> =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = text.indexOf(expected, from);
          if (found === -1) return;
          waiting.delete(check);
          resolve(found + expected.length);
        };
        waiting.add(check);
        check();
        void closed.then(() => reject(new Error(`top ended without ${JSON.stringify(expected)}: ${JSON.stringify(text.slice(-2_000))}`)));
      }),
    /** Everything that was written, once the terminal is closed. */
    output: async (): Promise<string> => {
      await closed;
      return text;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** The terminal was left as it was found: the normal screen, a visible cursor, wrapped lines, echo, lines and signals. */
function expectRestored(output: string): void {
  expect(output.lastIndexOf(LEAVE)).toBeGreaterThan(output.lastIndexOf(ENTER));
  const after = output.slice(output.lastIndexOf(LEAVE));
  expect(after).toMatch(/\sicanon /);
  expect(after).toMatch(/\secho /);
  expect(after).toMatch(/isig /);
}

/** An environment in which the command does something to itself, once it has taken over the terminal. */
function onceEntered(action: string): Readonly<Record<string, string>> {
  const code = `
    const { write } = process.stdout;
    process.stdout.write = function (text, ...rest) {
      if (String(text).includes("?1049h")) setImmediate(() => { ${action} });
      return write.call(this, text, ...rest);
    };`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
}

const system = {
  sources: { machine: { kind: "host" } },
  collections: { system: { source: "machine", type: "system", interval: "1s" } },
} as const;

describe("otel-vitals top", () => {
  it("otel-vitals top prints the state once where standard output is no terminal", async () => {
    await using collector = await running([]);
    const { code, stdout, stderr } = await command(["top", collector.url], { env: { LANG: "C.UTF-8", COLUMNS: "72" } });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/^[●○] (healthy|unknown)/);
    expect(stdout).toContain("system from here");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(72);
    const plain = await command(["top", "--once", collector.url], { env: { LC_ALL: "C" } });
    expect(plain.stdout).toMatch(/^[\n -~]+$/);
  });

  it("otel-vitals top exits with 4 if no collector responds, and with 1 if it requires a token", async () => {
    const none = await serveHttp(() => {});
    await none[Symbol.asyncDispose]();
    const { host } = new URL(none.url);
    expect(await command(["top", none.url])).toEqual({ code: 4, stdout: "", stderr: `no collector responds at ${host}: ECONNREFUSED\n` });
    await using other = await serveHttp((_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>"));
    expect(await command(["top", other.url])).toMatchObject({ code: 4, stderr: expect.stringContaining("text/html") as string });
    const collector = createCollector(system);
    await using server = await serve(collector, { host: "127.0.0.1", port: 0, token: "t0ken" });
    const refused = await command(["top", server.url]);
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("requires its token") as string });
    const accepted = await command(["top", server.url, "--set", "collector.server.token=t0ken"]);
    expect(accepted.code).toBe(0);
  });

  it.each([
    [["nope"], "expected the URL of a collector"],
    [["http://user:secret@127.0.0.1:1/"], "expected a URL without credentials"],
    [["http://127.0.0.1:1/", "more"], "unexpected argument"],
  ])("otel-vitals top refuses the arguments %j", async (args, message) => {
    const { code, stderr } = await command(["top", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("secret");
  });
});

describe("otel-vitals top on a terminal", needs("linux", "script"), () => {
  it.each([
    ["q", 0],
    ["\u0003", 0],
  ])("otel-vitals top ends at the key %j and restores the terminal", async (key, code) => {
    await using collector = await running([]);
    await using terminal = onTerminal([collector.url]);
    await terminal.shows("q quit");
    terminal.press(key);
    const output = await terminal.output();
    expect(output).toContain(`code ${code}`);
    expectRestored(output);
  });

  it("otel-vitals top restores the terminal when SIGTERM ends it", async () => {
    await using collector = await running([]);
    await using terminal = onTerminal([collector.url], onceEntered("process.kill(process.pid, 'SIGTERM')"));
    await terminal.shows(ENTER);
    const output = await terminal.output();
    expect(output).toContain("code 143");
    expectRestored(output);
  });

  it("otel-vitals top restores the terminal when it crashes, and says why below", async () => {
    await using collector = await running([]);
    await using terminal = onTerminal([collector.url], onceEntered("throw new Error('crashed on purpose')"));
    await terminal.shows(ENTER);
    const output = await terminal.output();
    expect(output).toContain("code 1");
    expect(output.slice(output.lastIndexOf(LEAVE))).toContain("crashed on purpose");
    expectRestored(output);
  });

  it("otel-vitals top prints the state once on a terminal that is dumb", async () => {
    await using collector = await running([]);
    await using terminal = onTerminal([collector.url], { TERM: "dumb" });
    const output = await terminal.output();
    expect(output).toContain("code 0");
    expect(output).not.toContain("\u001b");
    expect(output).toContain("system from");
  });

  it("otel-vitals top shows a lost connection at once, and resumes where it ended", async () => {
    const collector: Collector = createCollector(system);
    await collector.start();
    try {
      const first = await serve(collector, { host: "127.0.0.1", port: 0 });
      await using terminal = onTerminal([first.url], { NO_COLOR: "1" });
      const connected = await terminal.shows("last sample");
      await first.close();
      const lost = await terminal.shows("! connection lost ", connected);
      await terminal.shows("no data", lost);
      await using second = await serve(collector, { host: "127.0.0.1", port: first.port });
      expect(second.port).toBe(first.port);
      const resumed = await terminal.shows("last sample", lost);
      terminal.press("q");
      const output = await terminal.output();
      // Without colors, but live.
      expect(output).not.toContain("\u001b[1m");
      expect(output.slice(resumed)).not.toContain("connection lost");
    } finally {
      await collector.shutdown();
    }
  });
});
