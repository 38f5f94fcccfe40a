import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, it } from "vitest";
import { ROOT } from "../../support/yaml-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vitals-npm-start-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("npm start collects from all three default collections, serves the page, and ends with SIGTERM", { timeout: 60_000 }, async () => {
  const args = ["--listen", "127.0.0.1:0", "--log-format", "json", "--set", `collector.state.dir=${join(folder, "state")}`];
  const child = spawn("npm", ["start", "--", ...args], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"], detached: true });
  const ended = once(child, "exit");
  try {
    const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
    let started: { readonly message?: string; readonly url?: string; readonly collections?: string } = {};
    while (started.message !== "started") {
      const { value, done } = await lines.next();
      if (done) throw new Error("npm start ended before it had started");
      if (value.startsWith("{")) started = JSON.parse(value) as typeof started;
    }
    expect(started.collections?.split(",").toSorted()).toEqual(["analytics", "graph", "memory"]);
    const page = await fetch(`${started.url}/`, { headers: { accept: "text/html" } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>")]);
    const pid = (await (await fetch(`${started.url}/api/v1/stats`)).json()) as { readonly lifecycle: string };
    expect(pid.lifecycle).toBe("running");
  } finally {
    // npm passes no signal on to what it started when it has no terminal, so the whole group is ended.
    process.kill(-(child.pid as number), "SIGTERM");
  }
  await ended;
});
