import { Composer, Lexer, LineCounter, parseDocument, Parser, visit, type CST, type Document, type Tags, type YAMLError } from "yaml";
import { quoted } from "../base/suggest.ts";

/** A problem of the text itself, found before any setting is known. */
export interface TextProblem {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly offset: number;
}

export interface ParsedText {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly problems: readonly TextProblem[];
}

/** Limit on maps and lists in each other: no configuration has as many, and the parser calls itself for each. */
const MAX_DEPTH = 100;

/** Hexadecimal numbers are text: nobody writes one for a setting, and the series `0x60` of a rule test is sixty zeros. */
const withoutHex = (tags: Tags): Tags => tags.filter((tag) => typeof tag === "string" || tag.format !== "HEX");

const EMPTY = { keepSourceTokens: false } as const;

/**
 * Parses one YAML document, with merge keys (`<<`).
 *
 * A reference to a variable, such as `${PORT}`, is one piece of text wherever it stands: the parser gets it with other characters in place
 * of those that have a meaning in YAML, as many as there were, so that every position stays what it is. They are put back afterwards.
 */
export function parseText(text: string): ParsedText {
  const lines = new LineCounter();
  const masked = new Mask(text);
  const { tokens, tooDeepAt } = tokensOf(masked.apply(text), lines);
  if (tooDeepAt !== undefined) {
    const message = `expected at most ${MAX_DEPTH} maps and lists inside each other, found more`;
    return { document: parseDocument("", EMPTY), lines, problems: [{ severity: "error", message, offset: tooDeepAt }] };
  }
  const composer = new Composer({ lineCounter: lines, uniqueKeys: true, prettyErrors: false, merge: true, customTags: withoutHex });
  const [document, second] = [...composer.compose(tokens, true, text.length)] as Document.Parsed[];
  if (document === undefined) throw new Error("the composer returns at least one document");
  masked.undo(document);
  const problems = problemsOf(document, text);
  if (second && problems.length === 0)
    problems.push({ severity: "error", message: 'expected one document, found a second one after "---"', offset: second.range[0] });
  return { document, lines, problems };
}

function tokensOf(text: string, lines: LineCounter): { readonly tokens: readonly CST.Token[]; readonly tooDeepAt?: number } {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) return { tokens, tooDeepAt: parser.offset };
  }
  tokens.push(...parser.end());
  return { tokens };
}

/** References as they are substituted, and malformed ones that would otherwise be many errors of the parser. Quotes end the text around them. */
const MASKED = /\$\{(?:(?:env:)?[a-zA-Z_][a-zA-Z0-9_]*:-[^\n}"']*|[^\n}"'{[\],]*)\}/g;

/** The characters of a reference that mean something to the parser. */
const SPECIAL = "{}[],:# \t&*!|>%@`?-";
const SPECIALS = /[{}[\],:# \t&*!|>%@`?-]/g;

/** First and last character of Unicode's private use area. */
const PRIVATE = [0xe000, 0xf8ff] as const;

/** Replaces characters of references by characters that the text does not have, one for one. */
class Mask {
  readonly #first: number | undefined;

  constructor(text: string) {
    this.#first = freeRange(text, SPECIAL.length);
  }

  apply(text: string): string {
    const first = this.#first;
    if (first === undefined) return text;
    return text.replaceAll(MASKED, (reference) =>
      reference.replaceAll(SPECIALS, (character) => String.fromCharCode(first + SPECIAL.indexOf(character))),
    );
  }

  /** Puts the characters back in every scalar, keys included. */
  undo(document: Document): void {
    visit(document, {
      Scalar: (_, node) => {
        if (typeof node.value === "string") node.value = this.#unmasked(node.value);
        if (node.source !== undefined) node.source = this.#unmasked(node.source);
      },
    });
  }

  #unmasked(text: string): string {
    const first = this.#first;
    if (first === undefined) return text;
    return text.replaceAll(/[\ue000-\uf8ff]/g, (character) => SPECIAL[character.charCodeAt(0) - first] ?? character);
  }
}

/** The first of `length` private characters in a row that a text neither contains nor spells as an escape; undefined when it uses them all. */
function freeRange(text: string, length: number): number | undefined {
  if (!text.includes("${")) return undefined;
  const used = new Set([...text.matchAll(/[\ue000-\uf8ff]/g)].map(([character]) => character.charCodeAt(0)));
  for (const [, short, long] of text.matchAll(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/gi)) used.add(Number.parseInt(short ?? long ?? "", 16));
  const [from, to] = PRIVATE;
  for (let first = from; first + length - 1 <= to; first += length)
    if (Array.from({ length }, (_, n) => first + n).every((code) => !used.has(code))) return first;
  return undefined;
}

/** Keys used twice, each; of the other errors the first, because the parser stumbles again over what follows. */
function problemsOf({ errors, warnings }: Document.Parsed, text: string): TextProblem[] {
  const isDuplicate = ({ code }: YAMLError): boolean => code === "DUPLICATE_KEY";
  const first = errors.find((error) => !isDuplicate(error));
  const shown = errors.filter((error) => isDuplicate(error) || error === first);
  return [
    ...shown.map((error): TextProblem => ({ severity: "error", message: `invalid YAML: ${wordsOf(error, text)}`, offset: error.pos[0] })),
    ...warnings.map((each): TextProblem => ({ severity: "warning", message: `YAML: ${wordsOf(each, text)}`, offset: each.pos[0] })),
  ];
}

/** What is wrong, in our words. Never the text itself, which may be a secret; only a name that is used twice is shown. */
function wordsOf({ code, message, pos }: YAMLError, text: string): string {
  if (code === "DUPLICATE_KEY") return `the key ${quoted(keyAt(text, pos[0]))} is used twice in this map; remove one`;
  const closing = /with a ([}\]])$/.exec(message)?.[1];
  if (closing !== undefined) return `expected "${closing}" after the last entry, indented further than the setting, found none`;
  return MISSING.find(([pattern]) => pattern.test(message))?.[1] ?? WORDS[code] ?? "expected another form of YAML";
}

const keyAt = (text: string, offset: number): string =>
  /^(?:"([^"\n]*)"|'([^'\n]*)'|([^:\n]*))/
    .exec(text.slice(offset, offset + 200))
    ?.slice(1)
    .join("")
    .trim() ?? "";

/** What a missing character is, by the parser's words. */
const MISSING: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/Missing closing "quote/, "expected a double quote that ends the text, found none"],
  [/Missing closing 'quote/, "expected a single quote that ends the text, found none"],
  [/^Missing space after/, "expected a blank after the colon, found none"],
  [/^Missing , /, "expected a comma between two entries, found none"],
  [/^Comments must/, 'expected a blank before "#", found none; put text with "#" in quotes'],
  [/followed by map values/, 'expected ": " and a value after the key, found neither'],
];

const WORDS: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  ALIAS_PROPS: "expected an alias alone, found an alias with an anchor or a tag",
  BAD_ALIAS: "expected the name of an anchor that is defined above, found an alias of no anchor",
  BAD_COLLECTION_TYPE: "expected a value of the type that its tag names",
  BAD_DIRECTIVE: "expected a setting, found % at the start of a line; put text that starts with % in quotes",
  BAD_DQ_ESCAPE: "expected a known escape after the backslash; put text with backslashes in single quotes",
  BAD_INDENT: "expected the indentation of the other entries of this map or list, found another",
  BAD_PROP_ORDER: "expected an anchor or a tag before the value, found it elsewhere",
  BAD_SCALAR_START: "expected a value, found a character that starts none; put the text in quotes",
  BLOCK_AS_IMPLICIT_KEY: 'expected a value, found a second ": " in the line; put the text in quotes, or the inner map on its own lines',
  BLOCK_IN_FLOW: "expected a value inside the braces or brackets, found an indented map, list or text; write it on one line",
  KEY_OVER_1024_CHARS: "expected a key of at most 1024 characters, found a longer one",
  MISSING_CHAR: "expected a blank, a colon or a comma here or before, found none",
  MULTILINE_IMPLICIT_KEY: 'expected a key and ": " on one line, found text of several lines; put it in quotes',
  MULTIPLE_ANCHORS: "expected one anchor, found several",
  MULTIPLE_TAGS: "expected one tag, found several",
  NON_STRING_KEY: "expected text as a key, found something else",
  TAB_AS_INDENT: "expected blanks as indentation, found a tab",
  TAG_RESOLVE_FAILED: "expected a value without a tag, found a tag that is not known here",
  UNEXPECTED_TOKEN: "expected a setting, found text that belongs to none; check the quotes, braces and brackets before it",
};
