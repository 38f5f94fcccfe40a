import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, running } from "../../support/command.ts";
import { needs } from "../../support/programs.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "otel-vitals-support-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tar = (...args: readonly string[]): string => execFileSync("tar", args, { encoding: "utf8" });

describe("otel-vitals support", needs("tar"), () => {
  it("otel-vitals support writes an archive that tar reads, for its owner alone, and lists what is in it", async () => {
    await using collector = await running([]);
    const out = join(folder, "live.tar.gz");
    const { code, stdout } = await command(["support", collector.url, "--out", out]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Read it before you send it: tar -xzOf ${out} | less`);
    const names = tar("-tzf", out)
      .trim()
      .split("\n")
      .map((path) => path.replace(/^otel-vitals-support-\w+\//, ""));
    expect(names).toEqual([
      "README.txt",
      "versions.json",
      "configuration.json",
      "problems.json",
      "livez.txt",
      "readyz.txt",
      "stats.json",
      "health.json",
      "collections.json",
      "transitions.json",
      "alerts.json",
    ]);
    for (const name of names) expect(stdout).toContain(`  ${name} `);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const health = JSON.parse(tar("-xzOf", out, "--wildcards", "*/health.json")) as { readonly components: readonly unknown[] };
    expect(health.components.length).toBeGreaterThan(0);
    expect(tar("-xzOf", out, "--wildcards", "*/livez.txt")).toMatch(/^status 200\n/);
  });

  it("otel-vitals support works without a collector, says what is missing, and overwrites nothing", async () => {
    const config = join(folder, "broken.yaml");
    writeFileSync(
      config,
      'file_format: "1.0"\ncollector: { server: { port: 1, tokn: s3cr3t-value }, collections: { a: { source: nothing } } }\n',
    );
    const out = join(folder, "offline.tar.gz");
    const { code, stdout } = await command(["support", "-c", config, "--out", out, "http://127.0.0.1:1/"]);
    expect(code).toBe(0);
    expect(stdout).toContain("  health.json: no collector responds at 127.0.0.1:1: ");
    expect(tar("-xzOf", out)).toContain('unknown settings)": 1');
    expect(tar("-xzOf", out)).not.toContain("s3cr3t");
    const again = await command(["support", "-c", config, "--out", out]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("it exists; choose another file with --out") as string });
  });
});
