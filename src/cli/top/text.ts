/** A longer text is cut: no line of a terminal is as long, and a character can have thousands of marks. */
const MAX_LENGTH = 2_000;

/** Wide on a terminal: East Asian wide and fullwidth characters, and emoji. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;

/** Marks over and under the character before them. */
const MARK = /^[\p{Mn}\p{Me}]/u;

const ASCII = /^[\u0020-\u007e]*$/;

/**
 * Text that changes nothing on a terminal but the cells it fills: on one line, without control characters, which start escape sequences,
 * and without invisible ones, which can change the order of what follows. Reasons quote the responses of sources.
 */
export function printable(text: string): string {
  const short = text.slice(0, MAX_LENGTH);
  return ASCII.test(short)
    ? short
    : short.replaceAll(/[\t\n\r\u2028\u2029]+/g, " ").replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu, "\ufffd");
}

/**
 * Number of a terminal's cells that a printable text fills. Counted by characters, as terminals do, so that the width of two texts beside
 * each other is the sum of theirs.
 */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** A printable text in at most `width` cells; what is longer ends in an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return "";
  let kept = "";
  let filled = 1;
  for (const character of text) {
    filled += widthOf(character);
    if (filled > width) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** A printable text in exactly `width` cells. */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  const short = cut(text, width);
  const space = " ".repeat(Math.max(0, width - widthOf(short)));
  return align === "left" ? short + space : space + short;
}

/** A word in pieces of at most `width` cells, so that nothing of a URL or a path is lost. */
function* broken(word: string, width: number): Generator<string> {
  let [piece, filled] = ["", 0];
  for (const character of word) {
    const cells = widthOf(character);
    if (filled + cells > width && piece !== "") {
      yield piece;
      [piece, filled] = ["", 0];
    }
    piece += character;
    filled += cells;
  }
  if (piece !== "") yield piece;
}

/** A printable text in lines of at most `width` cells, broken between words, and in words that are longer than a line; the last of `most` lines ends in an ellipsis if there is more. */
export function wrapped(text: string, width: number, most: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((each) => [...broken(each, width)])) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || widthOf(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== "") lines.push(line);
  const shown = lines.length <= most ? lines : [...lines.slice(0, most - 1), lines.slice(most - 1).join(" ")];
  return shown.map((each) => cut(each, width));
}

/** One ASCII character for each that the frame uses; other characters become a question mark. */
const PLAIN: Readonly<Record<string, string>> = {
  "●": "+",
  "▲": "!",
  "◆": "#",
  "✖": "X",
  "○": "?",
  "…": "~",
  "–": "-",
  "·": "-",
  "→": ">",
  µ: "u",
  "°": "'",
  "×": "x",
  "▁": "_",
  "▂": ".",
  "▃": "-",
  "▄": "~",
  "▅": "=",
  "▆": "+",
  "▇": "*",
  "█": "#",
};

/** A printable text for a terminal that shows only ASCII, as wide as before. */
export function ascii(text: string): string {
  if (ASCII.test(text)) return text;
  return Array.from(text, (character) => (ASCII.test(character) ? character : (PLAIN[character] ?? "?".repeat(widthOf(character))))).join(
    "",
  );
}
