import type { Placed } from "./schema.ts";
import type { Sized } from "./panels.ts";

/** Panels under a heading. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Sized[];
}

const COLUMNS = 24;

/** Places sections below each other, and their panels in rows from the left, which they fill. Ids derive from titles, so that an added panel does not change others. */
export function place(sections: readonly Section[]): readonly Placed[] {
  const taken = new Set<number>();
  const placed: Placed[] = [];
  let y = 0;
  for (const { title, panels } of sections.filter((section) => section.panels.length > 0)) {
    placed.push({ type: "row", id: idOf(title, taken), title, collapsed: false, gridPos: { h: 1, w: COLUMNS, x: 0, y }, panels: [] });
    y += 1;
    for (const line of linesOf(panels)) {
      const height = Math.max(...line.map((each) => each.height));
      let x = 0;
      for (const { panel, width } of filled(line)) {
        placed.push({ id: idOf(`${title}\0${panel.title}`, taken), gridPos: { h: height, w: width, x, y }, ...panel });
        x += width;
      }
      y += height;
    }
  }
  return placed;
}

const widthOf = (line: readonly Sized[]): number => line.reduce((sum, { width }) => sum + width, 0);

/** Panels in their order, as many in a line as fit. */
function linesOf(panels: readonly Sized[]): readonly (readonly Sized[])[] {
  const lines: Sized[][] = [];
  for (const panel of panels) {
    const line = lines.at(-1);
    if (line && widthOf(line) + panel.width <= COLUMNS) line.push(panel);
    else lines.push([panel]);
  }
  return lines;
}

/** A line whose panels are wider by the same factor, so that it has no hole. */
function filled(line: readonly Sized[]): readonly Sized[] {
  const wider = line.map((each) => ({ ...each, width: Math.floor((each.width * COLUMNS) / widthOf(line)) }));
  const rest = COLUMNS - widthOf(wider);
  return wider.map((each, n) => (n === wider.length - 1 ? { ...each, width: each.width + rest } : each));
}

/** A positive 31-bit number derived from text, or the next free one. */
function idOf(text: string, taken: Set<number>): number {
  let id = sumOf(text) >>> 1 || 1;
  while (taken.has(id)) id = (id % 0x7fffffff) + 1;
  taken.add(id);
  return id;
}

/** 32-bit FNV-1a hash, the same on every machine. */
export function sumOf(text: string): number {
  let sum = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}
