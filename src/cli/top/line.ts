import type { Status } from "../../health/status.ts";
import { ascii, cut, printable, widthOf } from "./text.ts";

/** How a part of a line looks. */
export type Tone = "bold" | "dim" | Status;

/** A part of a line. */
export type Span = readonly [text: string, tone?: Tone];

/** A line of a frame, of any content and length: `painted` makes it safe and cuts it. */
export type Line = readonly Span[];

/** What a terminal can show. */
export interface Abilities {
  readonly hasColor: boolean;
  /** Whether it shows characters other than ASCII. */
  readonly isUnicode: boolean;
}

const CODES: Readonly<Record<Tone, string>> = {
  bold: "1",
  dim: "2",
  healthy: "32",
  unknown: "2",
  degraded: "33",
  unhealthy: "31",
  critical: "1;31",
};

/**
 * A line as it is written to the terminal, at most `width` cells wide. Colors are the only escape sequences in it, whatever the texts
 * contain.
 */
export function painted(line: Line, width: number, { hasColor, isUnicode }: Abilities): string {
  let room = width;
  let text = "";
  for (const [raw, tone] of line) {
    const safe = printable(raw);
    const shown = cut(safe, room);
    room -= widthOf(shown);
    const part = isUnicode ? shown : ascii(shown);
    text += hasColor && tone !== undefined && part !== "" ? `\u001b[${CODES[tone]}m${part}\u001b[0m` : part;
    // What was cut ends the line.
    if (shown !== safe || room <= 0) break;
  }
  return text.trimEnd();
}
