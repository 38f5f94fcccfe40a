import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, VitalsError } from "../errors.ts";
import { host } from "./host/host.ts";
import { httpJson } from "./http-json/http-json.ts";
import { mcpMemory } from "./mcp-memory/mcp-memory.ts";
import type { AnySourceKind } from "./source.ts";

/** The source kinds every collector knows. */
export const builtInKinds: readonly AnySourceKind[] = [host, mcpMemory, httpJson];

/** A kind that is not built in is a path, or the name of a package. */
const isPath = (kind: string): boolean => kind.startsWith(".") || kind.startsWith("file:") || isAbsolute(kind);

/**
 * Loads a source kind that a configuration names by path or package: the default export of the module, or its only export that is
 * one. It answers to the name it was loaded by.
 *
 * @param baseDir folder that a relative path, or the search for a package, begins from
 * @throws VitalsError `config_invalid` when there is no such module, it throws, or it holds no source kind
 */
export async function loadSourceKind(kind: string, baseDir: string): Promise<AnySourceKind> {
  const module = await importFrom(kind, baseDir);
  const candidates = module["default"] === undefined ? Object.values(module) : [module["default"]];
  const kinds = candidates.filter(isSourceKind);
  const [only, ...others] = kinds;
  if (!only)
    throw new VitalsError("config_invalid", `source kind "${kind}": the module exports no source kind; export what defineSource returns`);
  if (others.length > 0)
    throw new VitalsError(
      "config_invalid",
      `source kind "${kind}": the module exports ${kinds.length} source kinds; export one as default`,
    );
  return { ...only, kind };
}

async function importFrom(kind: string, baseDir: string): Promise<Record<string, unknown>> {
  try {
    const url = isPath(kind)
      ? new URL(kind, pathToFileURL(join(baseDir, "/"))).href
      : pathToFileURL(createRequire(join(baseDir, "/")).resolve(kind)).href;
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    const known = builtInKinds.map((each) => each.kind).join(", ");
    throw new VitalsError(
      "config_invalid",
      `source kind "${kind}": it is none of ${known}, and cannot be loaded as a module: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function isSourceKind(value: unknown): value is AnySourceKind {
  const kind = value as Partial<AnySourceKind> | null;
  return (
    typeof kind === "object" &&
    kind !== null &&
    typeof kind.kind === "string" &&
    typeof kind.open === "function" &&
    kind.readings !== undefined
  );
}
