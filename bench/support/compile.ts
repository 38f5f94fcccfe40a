import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const ROOT = `${import.meta.dirname}/../..`;

/**
 * Compiles a folder of the benchmarks, so that its processes run like an installed package: type stripping in Node costs 40 MB in each
 * process.
 *
 * @returns the folder with the JavaScript
 */
export function compile(folder: string): URL {
  execFileSync(`${ROOT}/node_modules/.bin/tsc`, ["--project", `${ROOT}/bench/support/${folder}/tsconfig.json`], { stdio: "inherit" });
  copyFileSync(`${ROOT}/package.json`, `${ROOT}/.tmp/bench/package.json`);
  return pathToFileURL(`${ROOT}/.tmp/bench/bench/support/${folder}/`);
}
