import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const ROOT = `${import.meta.dirname}/../..`;

/**
 * Compiles what a folder of the benchmarks needs, so that its processes run as an installed package does: Node's removal of types
 * costs 40 MB in each.
 *
 * @returns where the folder's JavaScript is
 */
export function compile(folder: string): URL {
  execFileSync(`${ROOT}/node_modules/.bin/tsc`, ["--project", `${ROOT}/bench/support/${folder}/tsconfig.json`], { stdio: "inherit" });
  copyFileSync(`${ROOT}/package.json`, `${ROOT}/.tmp/bench/package.json`);
  return pathToFileURL(`${ROOT}/.tmp/bench/bench/support/${folder}/`);
}
