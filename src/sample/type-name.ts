/** Characters of a type; a longer one is cut. */
const MAX_TYPE_LENGTH = 200;

/** A type of nodes or edges, as stored, as the key of a count. One called `__proto__` cannot be a property, so it appears in brackets. */
export function typeName(type: string): string {
  if (type === "__proto__") return "(__proto__)";
  return type.length <= MAX_TYPE_LENGTH ? type : `${type.slice(0, MAX_TYPE_LENGTH - 1)}…`;
}
