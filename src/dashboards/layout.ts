import type { Placed } from "./schema.ts";
import type { Sized } from "./panels.ts";

/** Panels under a heading. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Sized[];
}

const COLUMNS = 24;

/** Places sections below each other, and their panels in rows from the left. Ids derive from titles, so that an added panel does not change others. */
export function place(sections: readonly Section[]): readonly Placed[] {
  const taken = new Set<number>();
  const placed: Placed[] = [];
  let y = 0;
  for (const { title, panels } of sections.filter((section) => section.panels.length > 0)) {
    placed.push({ type: "row", id: idOf(title, taken), title, collapsed: false, gridPos: { h: 1, w: COLUMNS, x: 0, y }, panels: [] });
    y += 1;
    let [x, lineHeight] = [0, 0];
    for (const { panel, width, height } of panels) {
      if (x + width > COLUMNS) {
        y += lineHeight;
        [x, lineHeight] = [0, 0];
      }
      placed.push({ id: idOf(`${title}\0${panel.title}`, taken), gridPos: { h: height, w: width, x, y }, ...panel });
      x += width;
      lineHeight = Math.max(lineHeight, height);
    }
    y += lineHeight;
  }
  return placed;
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
