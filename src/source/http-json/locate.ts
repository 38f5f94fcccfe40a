/**
 * The value a path points at: a JSON Pointer (RFC 6901) such as `/stats/nodes`, or keys joined by dots such as `stats.nodes`.
 * Undefined where the way ends early; `null` counts as not there. The step `length` of a list is how many items it has.
 */
export function locate(document: unknown, path: string): unknown {
  let value = document;
  for (const step of stepsOf(path)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value ?? undefined;
}

function stepsOf(path: string): readonly string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) return path.split(".");
  return path
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
