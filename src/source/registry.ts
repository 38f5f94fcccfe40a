import { messageOf, VitalsError } from "../errors.ts";
import { host } from "./host/host.ts";
import { httpJson } from "./http-json/http-json.ts";
import { mcpMemory } from "./mcp-memory/mcp-memory.ts";
import { isPath, moduleUrl } from "./module-url.ts";
import type { AnySourceKind } from "./source.ts";

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
