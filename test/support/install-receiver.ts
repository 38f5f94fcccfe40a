import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const FOLDER = new URL("./otlp-receiver/", import.meta.url).pathname;

/** Installs the foreign OTLP receiver once; it has packages of its own, apart from the project's. */
export default function setup(): void {
  if (existsSync(`${FOLDER}node_modules/autotel-devtools/package.json`)) return;
  execFileSync("npm", ["ci", "--no-progress"], { cwd: FOLDER, stdio: ["ignore", "ignore", "inherit"] });
}
