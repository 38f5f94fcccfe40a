import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ROOT } from "./yaml-file.ts";

/**
 * Builds the package and packs what would be published.
 *
 * @param folder where it is built and packed
 * @returns path of the archive
 */
export function packPackage(folder: string): string {
  const packed = join(folder, "package");
  mkdirSync(packed, { recursive: true });
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly files: readonly string[] };
  const env = { ...process.env, PATH: `${join(ROOT, "node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}` };
  execFileSync(process.execPath, ["scripts/build.ts", join(packed, "dist")], { cwd: ROOT, env });
  for (const file of ["package.json", "README.md", "LICENSE", ...files.filter((each) => each !== "dist")])
    cpSync(join(ROOT, file), join(packed, file), { recursive: true });
  const args = ["pack", "--ignore-scripts", "--json", "--loglevel=error", "--pack-destination", folder];
  const [made] = JSON.parse(execFileSync("npm", args, { cwd: packed, encoding: "utf8" })) as [{ readonly filename: string }];
  return join(folder, made.filename);
}
