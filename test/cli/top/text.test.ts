import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { painted, type Line, type Tone } from "../../../src/cli/top/line.ts";
import { ascii, cut, fit, printable, widthOf, wrapped } from "../../../src/cli/top/text.ts";

/** Everything that does more on a terminal than fill cells. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom("\u001b", "[", "2J", "]0;", "\u0007", "\u009b", "\u202e", "\r", "\n", "a", "漢", "é", "\ud800", "👩‍👩‍👧", "●"),
  }),
);
const tones: readonly (Tone | undefined)[] = ["bold", "dim", "healthy", "critical", undefined];
const anyLine: fc.Arbitrary<Line> = fc.array(
  fc.tuple(anyText, fc.constantFrom(...tones)).map(([text, tone]) => (tone === undefined ? ([text] as const) : ([text, tone] as const))),
);
/** The colors that `painted` writes itself. */
const COLORS = ["0", "1", "2", "31", "32", "33", "1;31"].map((code) => `\u001b[${code}m`);
const withoutColors = (text: string): string => COLORS.reduce((rest, color) => rest.replaceAll(color, ""), text);

describe("text of a terminal", () => {
  it("printable removes what starts an escape sequence or changes the order of text", () => {
    expect(printable("a\u001b[2Jb\u009b1mc\u0007")).toBe("a\ufffd[2Jb\ufffd1mc\ufffd");
    expect(printable("two\r\nlines\tand \u202ereversed")).toBe("two lines and \ufffdreversed");
    expect(printable("漢字 é ● –")).toBe("漢字 é ● –");
  });

  it("painted writes no escape sequence other than its colors, whatever a text contains", () => {
    fc.assert(
      fc.property(anyLine, fc.nat(100), fc.boolean(), fc.boolean(), (line, width, hasColor, isUnicode) => {
        const text = painted(line, width, { hasColor, isUnicode });
        const plain = hasColor ? withoutColors(text) : text;
        expect(plain).not.toMatch(HARMFUL);
        if (!isUnicode) expect(plain).toMatch(/^[ -~]*$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it("painted fills at most the width of the terminal", () => {
    fc.assert(
      fc.property(anyLine, fc.nat(60), (line, width) => {
        expect(widthOf(painted(line, width, { hasColor: false, isUnicode: true }))).toBeLessThanOrEqual(width);
      }),
      { numRuns: 500 },
    );
    const line: Line = [["collection:jobs is critical", "critical"], [" for 3s"]];
    expect(painted(line, 12, { hasColor: true, isUnicode: true })).toBe("\u001b[1;31mcollection:…\u001b[0m");
    expect(painted(line, 12, { hasColor: false, isUnicode: false })).toBe("collection:~");
  });

  it("fit fills exactly its width, also with wide characters", () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, width) => {
        expect(widthOf(fit(printable(text), width))).toBe(width);
        expect(widthOf(fit(printable(text), width, "right"))).toBe(width);
      }),
    );
    // A vowel sign that forms one character with what is before it.
    expect(widthOf(fit("\u{119da}", 2, "right"))).toBe(2);
    expect(widthOf("e\u0301")).toBe(1);
    expect([fit("ab", 4), fit("ab", 4, "right"), fit("漢字漢字", 5), cut("abc", 3), cut("abcd", 3), cut("abc", 0)]).toEqual([
      "ab  ",
      "  ab",
      "漢字…",
      "abc",
      "ab…",
      "",
    ]);
  });

  it("wrapped breaks between words and in longer ones, and ends in an ellipsis where lines are missing", () => {
    expect(wrapped("one two three four", 9, 3)).toEqual(["one two", "three", "four"]);
    expect(wrapped("one two three four", 9, 2)).toEqual(["one two", "three fo…"]);
    expect(wrapped("unbreakable", 5, 2)).toEqual(["unbre", "akab…"]);
    expect(wrapped("a unbreakable b", 5, 9)).toEqual(["a", "unbre", "akabl", "e b"]);
    expect(wrapped("", 5, 2)).toEqual([]);
  });

  it("ascii keeps the width of a text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(ascii(printable(text))).toHaveLength(widthOf(printable(text)));
      }),
    );
    expect(ascii("● 12 µs … 漢")).toBe("+ 12 us ~ ??");
  });
});
