import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { needs } from "../../support/programs.ts";
import { stateFolder } from "../../support/state-folder.ts";
import { ROOT } from "../../support/yaml-file.ts";

const ESCAPE = "\u001b";

/** What `run` writes to a terminal of this kind until its first sample and Ctrl-C. */
async function shown(terminal: Readonly<Record<string, string>>): Promise<string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|MEMORY_FILE_PATH$|NO_COLOR$|FORCE_COLOR$|TERM$|CI$)/.test(name),
  );
  // Without a shell in between, which Ctrl-C would end as well.
  const run = ["exec", process.execPath, join(ROOT, "src/cli/main.ts"), "run", "--listen", "127.0.0.1:0"].join(" ");
  const child = spawn("script", ["--quiet", "--return", "--command", run, "/dev/null"], {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), STATE_DIRECTORY: stateFolder(), ...terminal },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const isFirst = !text.includes("● ");
    text += String(chunk);
    if (isFirst && text.includes("● ")) child.stdin.write("\u0003");
  });
  const [code] = (await once(child, "close")) as [number | null];
  expect([code, text]).toEqual([0, expect.stringContaining("stopped") as string]);
  return text;
}

describe("on a terminal", needs("linux", "script"), () => {
  it("otel-vitals run uses colors on a terminal that has them", async () => {
    expect(await shown({ TERM: "xterm-256color" })).toContain(`${ESCAPE}[1m`);
  });

  it.each([{ TERM: "dumb" }, { TERM: "xterm-256color", NO_COLOR: "1" }])(
    "otel-vitals run writes no escape sequence with %o",
    async (terminal) => {
      expect(await shown(terminal)).not.toContain(ESCAPE);
    },
  );
});
