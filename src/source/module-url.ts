import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What `import` asks of a package that describes its exports. */
const IMPORT_CONDITIONS: ReadonlySet<string> = new Set(["import", "node", "module-sync", "default"]);

/** Whether a module is named by where it is, and not by the package it is in. */
export const isPath = (name: string): boolean => name.startsWith(".") || name.startsWith("file:") || isAbsolute(name);

/** Where the module is that `import` would find from a folder: a path, or the name of a package; undefined when there is none. */
export function moduleUrl(name: string, baseDir: string): string | undefined {
  if (!isPath(name)) return packageUrl(name, baseDir);
  const url = name.startsWith("file:") ? name : pathToFileURL(resolve(baseDir, name)).href;
  return existsSync(fileURLToPath(url)) ? url : undefined;
}

function packageUrl(name: string, baseDir: string): string | undefined {
  const require = createRequire(join(baseDir, "/"));
  const found = importOnlyEntry(name, require) ?? resolved(name, require);
  // A module of Node's own is its own address.
  return found === undefined || !isAbsolute(found) ? found : pathToFileURL(found).href;
}

function resolved(name: string, require: NodeJS.Require): string | undefined {
  try {
    return require.resolve(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** `require.resolve` does not see what a package offers to `import` alone, and `import.meta.resolve` looks from this file only. */
function importOnlyEntry(name: string, require: NodeJS.Require): string | undefined {
  const [, packageName = name, subpath = ""] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(name) ?? [];
  for (const folder of require.resolve.paths(name) ?? []) {
    const root = join(folder, packageName);
    const file = join(root, "package.json");
    if (!existsSync(file)) continue;
    const { exports } = JSON.parse(readFileSync(file, "utf8")) as { readonly exports?: unknown };
    const target = targetOf(exports, `.${subpath}`);
    return target === undefined ? undefined : join(root, target);
  }
  return undefined;
}

/** The file that `exports` of a package name for a subpath: the first of the conditions that hold, at any depth. */
function targetOf(exports: unknown, subpath: string): string | undefined {
  if (typeof exports === "string") return subpath === "." ? exports : undefined;
  if (typeof exports !== "object" || exports === null) return undefined;
  if (Object.hasOwn(exports, subpath)) return targetOf((exports as Record<string, unknown>)[subpath], ".");
  for (const [condition, target] of Object.entries(exports)) {
    const file = IMPORT_CONDITIONS.has(condition) ? targetOf(target, subpath) : undefined;
    if (file !== undefined) return file;
  }
  return undefined;
}
