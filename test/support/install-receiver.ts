import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("./otlp-receiver/", import.meta.url));

/** Installs the foreign OTLP receiver once; it has packages of its own, apart from the project's. */
export default function setup(): void {
  if (existsSync(join(FOLDER, "node_modules", "autotel-devtools", "package.json"))) return;
  const { status, error, stderr } = spawnSync("npm", ["ci", "--no-progress"], { cwd: FOLDER, encoding: "utf8" });
  if (status === 0) return;
  const reason = error?.message ?? (stderr.trim() || `npm ended with code ${status}`);
  throw new Error(`the OTLP receiver that the tests need could not be installed (npm ci in ${FOLDER}): ${reason}`);
}
