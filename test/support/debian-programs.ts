import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs that some tests start, each with the Debian package that brings it. */
const PACKAGES = {
  prometheus: "prometheus",
  promtool: "prometheus",
  "prometheus-alertmanager": "prometheus-alertmanager",
  amtool: "prometheus-alertmanager",
  chromium: "chromium",
  "systemd-analyze": "systemd",
} as const;
export type Program = keyof typeof PACKAGES;

/** Where the program is; undefined where it is not. Tests that need it are skipped then, which in CI cannot happen. */
export function program(name: Program): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

const missing = (): readonly Program[] => (Object.keys(PACKAGES) as Program[]).filter((name) => program(name) === undefined);

/** Installs what is missing where that can be done: as root on Debian. Elsewhere says what the tests will skip; in CI that is an error. */
export default function setup(): void {
  if (missing().length === 0) return;
  const packages = new Set(missing().map((name) => PACKAGES[name]));
  const failure = process.getuid?.() === 0 ? install(packages) : `run as root: apt-get install ${[...packages].join(" ")}`;
  if (missing().length === 0) return;
  const words = `these programs are not here, and the tests that start them are skipped: ${missing().join(", ")} (${failure})`;
  if (process.env["CI"]) throw new Error(words);
  process.stderr.write(`\n${words}\n\n`);
}

/** @returns why it did not go well, if it did not */
function install(packages: ReadonlySet<string>): string {
  // At run level 1 Debian starts no service of a package that it installs: the tests start their own.
  const env = { ...process.env, RUNLEVEL: "1", DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...packages],
  ]) {
    const { status, error, stderr } = spawnSync("apt-get", args, { encoding: "utf8", env });
    if (status !== 0) return `apt-get ${args[0]}: ${error?.message ?? stderr.trim()}`;
  }
  return "they were installed, but are not on the PATH";
}
