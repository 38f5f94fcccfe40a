import { quoted } from "../../base/suggest.ts";

/** The step of a path that stands for each entry of a map or each item of a list; written `*`. */
export const EACH = Symbol("each");

/** One step of a path: a key of a map, an index or `length` of a list, or `EACH`. */
export type Step = string | typeof EACH;

/** A path that was parsed, or the problem with it. */
export type ParsedPath = { readonly ok: true; readonly steps: readonly Step[] } | { readonly ok: false; readonly message: string };

/** JSONPath and URI fragments, and the steps in brackets of JSONPath, JavaScript and jq. */
const OTHER_SYNTAX = /^[$#@](?=[./[]|$)|\[(?:\d*|\*|'[^']*'|"[^"]*")\]/;

/** One step of another syntax. */
const OTHER_STEP = /\[(?:(\d+)|'([^']*)'|"([^"]*)"|\*?)\]|([^./[]+|\[)/g;

/**
 * Parses a path: a JSON Pointer (RFC 6901) such as `/stats/nodes`, or keys joined by dots such as `stats.nodes`; empty for the whole
 * document. A step `*` stands for each entry of a map or each item of a list.
 *
 * @returns the steps, or a message that names what was probably meant where the path is written in another syntax
 */
export function parsePath(text: string): ParsedPath {
  if (text === "") return { ok: true, steps: [] };
  if (text.startsWith("/")) return /~(?![01])/.test(text) ? refused(text, "", '; "~" in a key is written "~0"') : parsed(pointerKeys(text));
  if (text.includes("..")) return refused(text, "");
  const isPlain = !OTHER_SYNTAX.test(text) && !/^[$#.]|\/|\.$/.test(text);
  return isPlain ? parsed(text.split(".")) : refused(text, meant(text));
}

const parsed = (keys: readonly string[]): ParsedPath => ({ ok: true, steps: keys.map((key) => (key === "*" ? EACH : key)) });

const pointerKeys = (text: string): readonly string[] =>
  text
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

function refused(text: string, pointer: string, hint = ""): ParsedPath {
  const suggestion = pointer === "" ? hint : `; did you mean ${quoted(pointer)}?`;
  const expected = 'expected a JSON Pointer such as "/stats/nodes" or keys joined by dots such as "stats.nodes"';
  return { ok: false, message: `${expected}, found ${quoted(text)}${suggestion}` };
}

/** The JSON Pointer that a path in another syntax stands for. */
function meant(text: string): string {
  const steps = text.replace(/^[$#@](?=[./[]|$)/, "").matchAll(OTHER_STEP);
  const keys = [...steps].map(([, index, single, double, key]) => index ?? single ?? double ?? key ?? "*");
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/**
 * The value at a path without `*`; undefined if the path leads nowhere or to `null`. The step `length` of a list is its number of items.
 */
export function locate(document: unknown, steps: readonly Step[]): unknown {
  let value = document;
  for (const step of steps) value = entryOf(value, step);
  return value ?? undefined;
}

/** The entry of a map, or the item of a list, at one step; undefined if there is none. */
export function entryOf(value: unknown, step: Step): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<Step, unknown>)[step];
}
