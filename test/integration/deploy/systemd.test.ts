import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "../../support/command.ts";
import { needs } from "../../support/programs.ts";
import { ROOT } from "../../support/yaml-file.ts";

const unit = readFileSync(join(ROOT, "examples/systemd/otel-vitals.service"), "utf8");

const folder = mkdtempSync(join(tmpdir(), "vitals-systemd-"));
afterAll(() => rmSync(folder, { recursive: true }));

const values = (key: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value]) => value as string);

describe("the systemd unit", () => {
  it("the systemd unit starts the command with valid arguments, and limits the time for stopping", async () => {
    const [start = ""] = values("ExecStart");
    const [file, ...args] = start.split(" ");
    expect(file).toBe("/usr/bin/otel-vitals");
    // The same arguments with --help: an unknown option or command would be rejected.
    expect(await command([...args, "--help"])).toMatchObject({ code: 0 });
    expect(values("TimeoutStopSec")).toEqual(["15s"]);
  });

  it("the systemd unit does not restart after usage and configuration errors", async () => {
    const never = (values("RestartPreventExitStatus")[0] ?? "").split(" ").map(Number);
    const usage = await command(["run", "--no-such-option"]);
    const configuration = await command(["run", "--config", join(folder, "nowhere.yaml")]);
    expect(never).toEqual([usage.code, configuration.code]);
  });

  it("the systemd unit reads its token from the credentials directory", async () => {
    const [credential = ""] = values("LoadCredential");
    const name = credential.split(":")[0] as string;
    const setting = /collector\.server\.token_file: "(.*)"/.exec(unit)?.[1] ?? "";
    expect(setting.endsWith(`/${name}`)).toBe(true);
    writeFileSync(join(folder, name), "secret\n");
    const set = ["--set", `collector.server.token_file=${setting.replace("${CREDENTIALS_DIRECTORY}", folder)}`];
    expect(await command(["validate", ...set])).toMatchObject({ code: 0 });
  });

  it("systemd-analyze accepts the unit without warnings and rates its exposure as OK", needs("systemd-analyze"), () => {
    const file = join(folder, "otel-vitals.service");
    // systemd requires the program to exist.
    writeFileSync(file, unit.replaceAll("/usr/bin/otel-vitals", process.execPath));
    const verified = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect([verified.status, verified.stderr]).toEqual([0, ""]);
    const exposed = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", file], { encoding: "utf8" });
    expect([exposed.status, /Overall exposure level.*/.exec(exposed.stdout)?.[0]]).toEqual([0, expect.stringContaining("OK")]);
    const lax = join(folder, "lax.service");
    writeFileSync(
      lax,
      unit
        .replace(/^(ProtectSystem|CapabilityBoundingSet|SystemCallFilter|DynamicUser)=.*$/gm, "")
        .replaceAll("/usr/bin/otel-vitals", process.execPath),
    );
    expect(spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", lax]).status).toBe(1);
  });
});
