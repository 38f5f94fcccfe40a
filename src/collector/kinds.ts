import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { messageOf, VitalsError } from "../base/errors.ts";
import { host } from "../source/host/host.ts";
import { httpJson } from "../source/http-json/http-json.ts";
import { mcpMemory } from "../source/mcp-memory/mcp-memory.ts";
import type { AnySourceKind } from "../source/source.ts";
import { agentMemory } from "../sample/types/agent-memory.ts";
import { graphMetrics } from "../sample/types/graph.ts";
import { graphService } from "../sample/types/graph-service.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { systemMetrics } from "../sample/types/system.ts";

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

/** The source kinds every collector knows. */
export const builtInKinds: readonly AnySourceKind[] = [host, mcpMemory, httpJson];

/**
 * Loads a source kind that a configuration names by path or package: the default export of the module, or its only export that is
 * one. It answers to the name it was loaded by.
 *
 * @param baseDir folder that a relative path, or the search for a package, begins from
 * @throws VitalsError `config_invalid` when there is no such module, it throws, or it holds no source kind
 */
export async function loadSourceKind(kind: string, baseDir: string): Promise<AnySourceKind> {
  const refuse = (reason: string, cause?: unknown): VitalsError =>
    new VitalsError("config_invalid", `source kind "${kind}": ${reason}`, { cause });
  const exported = await importFrom(kind, baseDir, refuse);
  const standard = exported["default"];
  if (isSourceKind(standard)) return answeringTo(kind, standard);
  // As a set: a CommonJS module shows what it exports more than once.
  const [only, ...others] = new Set(Object.values(exported).filter(isSourceKind));
  if (!only) throw refuse("the module exports no source kind; export what defineSource returns");
  if (others.length > 0) throw refuse(`the module exports ${others.length + 1} source kinds; export one as default`);
  return answeringTo(kind, only);
}

type Refuse = (reason: string, cause?: unknown) => VitalsError;

async function importFrom(kind: string, baseDir: string, refuse: Refuse): Promise<Record<string, unknown>> {
  try {
    const url = moduleUrl(kind, baseDir);
    if (url !== undefined) return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw refuse(`the module cannot be loaded: ${messageOf(error)}`, error);
  }
  if (isPath(kind)) throw refuse(`there is no such file, looking from ${baseDir}`);
  const known = builtInKinds.map((each) => each.kind).join(", ");
  throw refuse(`it is none of ${known}, and no package that can be found from ${baseDir} (a path begins with ./)`);
}

function isSourceKind(value: unknown): value is AnySourceKind {
  if (typeof value !== "object" || value === null) return false;
  const { kind, options, open, readings } = value as Partial<AnySourceKind>;
  return (
    typeof kind === "string" &&
    typeof options?.safeParse === "function" &&
    typeof open === "function" &&
    (typeof readings === "function" || Array.isArray(readings))
  );
}

/** The same kind by another name. No copy of it: it may be the instance of a class, whose methods a copy would lack. */
function answeringTo(name: string, kind: AnySourceKind): AnySourceKind {
  const { options, readings } = kind;
  return {
    kind: name,
    options,
    open: (chosen, context) => kind.open(chosen, context) as unknown,
    readings: typeof readings === "function" ? (chosen, types) => readings.call(kind, chosen, types) : readings,
  };
}

/** The sample types every collector knows. */
export const BUILT_IN_TYPES: readonly SampleType[] = [systemMetrics, agentMemory, graphMetrics, graphService];
