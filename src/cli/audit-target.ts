import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { VitalsError } from "../base/errors.ts";
import { summaryOf } from "../base/issues.ts";
import { quoted } from "../base/suggest.ts";
import { AUDITED_TYPES } from "../audit/items.ts";
import { falkordb, neo4j } from "../source/graph-store/kinds.ts";
import { mcpMemory } from "../source/mcp-memory/mcp-memory.ts";
import { resolveSource, type AnySourceKind, type ResolvedSource } from "../source/source.ts";
import { UsageError } from "./usage.ts";

/** Schemes of a URL, and the scheme under which FalkorDB's client knows them. */
const FALKORDB_SCHEMES: Readonly<Record<string, string>> = {
  "falkordb:": "redis:",
  "falkordbs:": "rediss:",
  "redis:": "redis:",
  "rediss:": "rediss:",
};
const NEO4J_SCHEMES: ReadonlySet<string> = new Set(["bolt:", "bolt+s:", "bolt+ssc:", "neo4j:", "neo4j+s:", "neo4j+ssc:"]);

/** The types that an audit reads, by name. */
export const AUDITED: ReadonlyMap<string, (typeof AUDITED_TYPES)[number]> = new Map(AUDITED_TYPES.map((type) => [type.name, type]));

/** Whether an argument names a source of the configuration: it is no URL, and it has no character that only paths have. */
export const isSourceName = (target: string): boolean => !target.includes("://") && !/[./\\~]/.test(target);

/**
 * The source that a path or a URL stands for, by its form.
 *
 * @param env has the user and the password of a store whose URL has none: `FALKORDB_USER`, `FALKORDB_PASSWORD`, `NEO4J_USER`, `NEO4J_PASSWORD`
 * @throws UsageError for a URL that no source kind reads; VitalsError `source_unreachable` for a file that does not exist
 */
export function sourceOf(target: string, env: NodeJS.ProcessEnv): ResolvedSource {
  const url = target.includes("://") ? URL.parse(target) : undefined;
  if (url === null) throw new UsageError(`expected a path, a URL or the name of a source, found ${quoted(withoutCredentials(target))}`);
  if (!url) return fileSource(target, target);
  const { protocol } = url;
  if (protocol === "file:") return fileSource(fileURLToPath(url), fileURLToPath(url));
  if (FALKORDB_SCHEMES[protocol] !== undefined) return falkordbSource(url, env);
  if (NEO4J_SCHEMES.has(protocol)) return neo4jSource(url, env);
  if (protocol === "http:" || protocol === "https:")
    throw new UsageError(
      "an address that returns JSON has to say where each number is: configure it as a source of kind http-json, then run audit -c FILE SOURCE",
    );
  throw new UsageError(`no source kind reads ${protocol}//; expected falkordb://, redis://, neo4j://, bolt:// or a path`);
}

function fileSource(path: string, name: string): ResolvedSource {
  if (existsSync(path) || path.startsWith("~")) return resolved(name, mcpMemory, { path });
  throw new VitalsError("source_unreachable", `memory file ${quoted(path)} does not exist`);
}

function falkordbSource(url: URL, env: NodeJS.ProcessEnv): ResolvedSource {
  const { host, pathname, protocol } = url;
  const graph = decodeURIComponent(pathname.slice(1));
  const options = {
    url: `${FALKORDB_SCHEMES[protocol]}//${host}`,
    graphs: [graph === "" ? "*" : graph],
    ...login(url, { user: env["FALKORDB_USER"], password: env["FALKORDB_PASSWORD"] }),
  };
  return resolved(withoutCredentials(url.href), falkordb, options);
}

function neo4jSource(url: URL, env: NodeJS.ProcessEnv): ResolvedSource {
  const { host, pathname, protocol } = url;
  const database = decodeURIComponent(pathname.slice(1));
  const options = {
    url: `${protocol}//${host}`,
    ...(database === "" ? {} : { database }),
    ...login(url, { user: env["NEO4J_USER"], password: env["NEO4J_PASSWORD"] }),
  };
  return resolved(withoutCredentials(url.href), neo4j, options);
}

/** User and password of a URL; without a password in it, those of the environment. */
function login(url: URL, fromEnvironment: { readonly user: string | undefined; readonly password: string | undefined }): object {
  const { user, password } =
    url.password === ""
      ? { user: decodeURIComponent(url.username) || fromEnvironment.user, password: fromEnvironment.password }
      : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return { ...(user ? { user } : {}), ...(password ? { password } : {}) };
}

const withoutCredentials = (url: string): string => url.replace(/^([\w+.-]+:\/\/)[^/?#]*@/, "$1");

function resolved(name: string, kind: AnySourceKind, options: unknown): ResolvedSource {
  const found = resolveSource(name, kind, options, AUDITED);
  if (found.ok) return found.data;
  throw new UsageError(`${name}: ${summaryOf(found.issues, "the options")}`);
}
