import { moduleResolve } from "import-meta-resolve";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, VitalsError } from "../base/errors.ts";
import { host } from "../source/host/host.ts";
import { falkordb, neo4j } from "../source/graph-store/kinds.ts";
import { httpJson } from "../source/http-json/http-json.ts";
import { mcpMemory } from "../source/mcp-memory/mcp-memory.ts";
import type { AnySourceKind } from "../source/source.ts";
import { agentMemory } from "../sample/types/agent-memory.ts";
import { graphMetrics } from "../sample/types/graph.ts";
import { graphService } from "../sample/types/graph-service.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { systemMetrics } from "../sample/types/system.ts";

/** Export conditions under which Node's `import` resolves a package. */
const IMPORT_CONDITIONS: ReadonlySet<string> = new Set(["node", "import", "module-sync"]);

/** Whether a name is the path of a module rather than the name of a package. */
const isPath = (name: string): boolean => name.startsWith(".") || name.startsWith("file:") || isAbsolute(name);

/** URL of the module that `import` would load from a folder, by path or by package name; undefined when it does not exist. */
export function moduleUrl(name: string, baseDir: string): string | undefined {
  const specifier = isPath(name) && !name.startsWith("file:") ? pathToFileURL(resolve(baseDir, name)).href : name;
  try {
    return moduleResolve(specifier, pathToFileURL(join(baseDir, "/")), new Set(IMPORT_CONDITIONS)).href;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** The built-in source kinds. */
export const builtInKinds: readonly AnySourceKind[] = [host, mcpMemory, httpJson, neo4j, falkordb];
/** The types of the built-in source kinds: `host`, `mcp-memory`, `http-json`, `neo4j` and `falkordb`. */
export type BuiltInKind = typeof host | typeof mcpMemory | typeof httpJson | typeof neo4j | typeof falkordb;

/**
 * Loads a source kind by path or package name: the default export of the module, or its only export that is a source kind. Its
 * `kind` becomes the name it was loaded by.
 *
 * @param baseDir folder from which a relative path or a package is resolved
 * @throws VitalsError `config_invalid` if the module does not exist, throws, or does not export exactly one source kind or a default one
 */
export async function loadSourceKind(kind: string, baseDir: string): Promise<AnySourceKind> {
  const refuse = (reason: string, cause?: unknown): VitalsError =>
    new VitalsError("config_invalid", `source kind "${kind}": ${reason}`, { cause });
  const exported = await importFrom(kind, baseDir, refuse);
  const standard = exported["default"];
  if (isSourceKind(standard)) return named(kind, standard);
  // A set, because a CommonJS module lists its exports more than once.
  const [only, ...others] = new Set(Object.values(exported).filter(isSourceKind));
  if (!only) throw refuse("the module exports no source kind; export the result of defineSource");
  if (others.length > 0) throw refuse(`the module exports ${others.length + 1} source kinds; export one of them as default`);
  return named(kind, only);
}

type Refuse = (reason: string, cause?: unknown) => VitalsError;

async function importFrom(kind: string, baseDir: string, refuse: Refuse): Promise<Record<string, unknown>> {
  try {
    const url = moduleUrl(kind, baseDir);
    if (url !== undefined) return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw refuse(`cannot load the module: ${messageOf(error)}`, error);
  }
  if (isPath(kind)) throw refuse(`no such file; relative paths are resolved from ${baseDir}`);
  const known = builtInKinds.map((each) => each.kind).join(", ");
  throw refuse(`not built in (${known}), and no package of this name can be resolved from ${baseDir} (a path starts with ./)`);
}

/** Whether a value has the parts of a source kind, as `defineSource` returns it. */
export function isSourceKind(value: unknown): value is AnySourceKind {
  if (typeof value !== "object" || value === null) return false;
  const { kind, options, open, readings } = value as Partial<AnySourceKind>;
  return (
    typeof kind === "string" &&
    typeof options?.safeParse === "function" &&
    typeof open === "function" &&
    (typeof readings === "function" || Array.isArray(readings))
  );
}

/**
 * The same kind under another name, with everything else that it has. Not a copy, which would lack the methods of a kind that is an instance of
 * a class; and its methods are called on the kind itself, because such a class can have private fields.
 */
function named(name: string, kind: AnySourceKind): AnySourceKind {
  return new Proxy(kind, {
    get(target, key) {
      if (key === "kind") return name;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The built-in sample types. */
export const BUILT_IN_TYPES: readonly SampleType[] = [systemMetrics, agentMemory, graphMetrics, graphService];
