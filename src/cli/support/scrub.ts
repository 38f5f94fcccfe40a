/** Shorter texts are words and numbers that everything contains. */
const MIN_LENGTH = 4;

/** What a message shows of a long text, as `quoted` cuts it. */
const QUOTED_LENGTH = 59;

const HIDDEN = "(hidden)";

/** A URL: its credentials, query and path may be secrets, as the path of a webhook is. */
const URLS = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#"'<>]*@)?([^\s/?#"'<>@]+)(?:[/?#][^\s"'<>]*)?/gi;

/** A name that says that a secret follows. */
const NAMED =
  /((?:token|passw(?:or)?d|secret|api[_-]?key|authorization|cookie)["']?\s*[:=]\s*)(?:bearer |basic )?\S+|(\b(?:bearer|basic)\s+)\S+/gi;

/** Removes known texts from others, and what looks like a secret. */
export class Scrubber {
  readonly #texts: readonly string[];

  /** @param texts that must not appear, in any form */
  constructor(texts: Iterable<string>) {
    // The longest first: one can be a part of another.
    this.#texts = [...new Set([...texts].flatMap((text) => [text, ...partsOf(text)]).flatMap(formsOf))].toSorted(
      (a, b) => b.length - a.length,
    );
  }

  text(text: string): string {
    const known = this.#texts.reduce((rest, each) => rest.replaceAll(each, HIDDEN), text);
    return known.replaceAll(URLS, "$1$2/…").replaceAll(NAMED, `$1$2${HIDDEN}`);
  }

  /** The same data with every text in it scrubbed, names included. */
  data(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.data(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [this.text(key), this.data(inner)]));
  }
}

/** Shorter parts of a URL are words of an API. */
const MIN_PART = 8;

/** What may be secret in a URL or a list of pairs: credentials, path, query and values, as they are and decoded. */
function partsOf(text: string): readonly string[] {
  const url = URL.parse(text);
  const parts = url ? [url.username, url.password, ...url.pathname.split("/"), ...url.search.slice(1).split(/[&=]/)] : text.split(/[,;&=]/);
  return [...parts, ...parts.map(decoded)].filter((part) => part !== text && part.length >= MIN_PART);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** How a text appears in messages, URLs and headers. */
function formsOf(text: string): readonly string[] {
  const line = text.replaceAll(/\s+/g, " ");
  const escaped = JSON.stringify(text).slice(1, -1);
  const forms = [
    text,
    text.trim(),
    line,
    line.trim(),
    escaped,
    encodeURIComponent(text.toWellFormed()),
    Buffer.from(text).toString("base64"),
  ];
  return [...forms, ...(line.length > QUOTED_LENGTH ? [line.slice(0, QUOTED_LENGTH)] : [])].filter(
    (form) => form.trim().length >= MIN_LENGTH,
  );
}
