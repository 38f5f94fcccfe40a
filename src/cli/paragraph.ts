import { wrapped } from "./top/text.ts";

/** A narrower terminal breaks the lines itself. */
const MIN_ROOM = 16;

/** A printable text in lines that leave `indent` of `columns` cells free; one line where no width is known. */
export function paragraph(text: string, indent: number, columns: number): readonly string[] {
  const room = columns - indent;
  return room < MIN_ROOM || room === Infinity ? [text] : wrapped(text, room, Infinity);
}

/** A text behind the first `indent` cells of a line, and continued below them. */
export function hanging(start: string, indent: number, text: string, columns: number): readonly string[] {
  const [first = "", ...rest] = paragraph(text, indent, columns);
  return [`${start}${first}`, ...rest.map((line) => `${" ".repeat(indent)}${line}`)];
}
