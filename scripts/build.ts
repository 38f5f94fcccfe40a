/**
 * Compiles the library to `dist`, bundles the command into `dist/cli` and the page into `page`. Run by `npm run build` and before packing.
 * With a folder as argument, the first two go there instead.
 */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildCommand } from "./build-command.ts";
import { buildPage } from "./build-page.ts";

const [, , folder = "dist"] = process.argv;

rmSync(folder, { recursive: true, force: true });
execFileSync("tsc", ["--project", "tsconfig.build.json", "--outDir", folder], { stdio: "inherit" });
await buildCommand(resolve(join(folder, "cli")));
if (folder === "dist" && !(await buildPage())) throw new Error("the page cannot be built: esbuild is not installed");
