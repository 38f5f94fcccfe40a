/** Names that differ by more edits than this are different names, not typing errors. */
const MAX_EDITS = 2;

/** What a message shows of a name or a value, in characters. */
const SHOWN_LENGTH = 60;

/** The name of a source, a collection or a sample type. */
export const NAME = /^[a-zA-Z][a-zA-Z0-9_.-]{0,63}$/;

/** What messages say about a name that `NAME` does not match. */
export const EXPECTED_NAME = "expected a name: a letter, then letters, digits, _ . or -, at most 64";

/** Text in quotes, on one line, cut to 60 characters. */
export function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return `"${line.length <= SHOWN_LENGTH ? line : `${line.slice(0, SHOWN_LENGTH - 1)}…`}"`;
}

/** `a, b or c`; empty for no names. */
export function alternatives(names: Iterable<string>): string {
  const list = [...names];
  const last = list.pop() ?? "";
  return list.length === 0 ? last : `${list.join(", ")} or ${last}`;
}

/**
 * A name that refers to nothing: `unknown collection "analyticz"; did you mean "analytics"?`, or the known names where none is near.
 *
 * @param kind what is named, such as `collection`
 * @param scope where it is looked up, such as `of sample type "system"`
 */
export function unknownName(kind: string, name: string, known: Iterable<string>, scope = ""): string {
  const names = [...known];
  const unknown = `unknown ${kind} ${quoted(name)}${scope === "" ? "" : ` ${scope}`}`;
  const meant = didYouMean(name, names);
  return meant === "" ? `${unknown}; ${names.length === 0 ? "none is defined" : `expected ${alternatives(names)}`}` : unknown + meant;
}

/** `; did you mean "…"?` with the most similar of the known names; empty where none is similar. */
export function didYouMean(name: string, known: Iterable<string>): string {
  let nearest: string | undefined;
  let fewest = Math.min(MAX_EDITS, Math.floor(name.length / 2)) + 1;
  for (const each of known) {
    const edits = editDistance(name.toLowerCase(), each.toLowerCase());
    if (edits >= fewest) continue;
    fewest = edits;
    nearest = each;
  }
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}

/**
 * Insertions, deletions, replacements and swaps of neighbors that turn one word into the other (Damerau-Levenshtein distance,
 * restricted).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(replaced, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) edits = Math.min(edits, (beforeLast[j - 2] as number) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
