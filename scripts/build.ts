/** Compiles `src` to `dist`, bundles the page, and makes the command executable. Run by `npm run build` and before packing. */
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { buildPage } from "./build-page.ts";

rmSync("dist", { recursive: true, force: true });
execFileSync("tsc", ["--project", "tsconfig.build.json"], { stdio: "inherit" });
chmodSync("dist/cli/main.js", 0o755);
if (!(await buildPage())) throw new Error("the page cannot be built: esbuild is not installed");
