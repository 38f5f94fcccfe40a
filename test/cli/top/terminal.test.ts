import { describe, expect, it } from "vitest";
import { keysOf } from "../../../src/cli/top/keys.ts";
import { Screen } from "../../../src/cli/top/screen.ts";
import { sparkline } from "../../../src/cli/top/sparkline.ts";
import { isUnicode, sizeOf } from "../../../src/cli/top/terminal.ts";

function screen() {
  const written: string[] = [];
  return { written, screen: new Screen({ write: (text) => written.push(text) }) };
}

describe("Screen", () => {
  it("Screen writes all lines at first, and then only those that have changed", () => {
    const { screen: shown, written } = screen();
    shown.enter();
    shown.draw(["a", "b", "c"]);
    shown.draw(["a", "B", "c"]);
    shown.draw(["a", "B", "c"]);
    expect(written.slice(1)).toEqual(["\u001b[2J\u001b[1;1H\u001b[Ka\u001b[2;1H\u001b[Kb\u001b[3;1H\u001b[Kc", "\u001b[2;1H\u001b[KB"]);
  });

  it("Screen draws everything anew after the terminal was resized or used by another program", () => {
    const { screen: shown, written } = screen();
    shown.enter();
    shown.draw(["a"]);
    shown.forget();
    shown.draw(["a"]);
    shown.leave();
    shown.enter();
    shown.draw(["a"]);
    expect(written.filter((text) => text.startsWith("\u001b[2J"))).toHaveLength(3);
  });

  it("Screen restores the terminal exactly once, and draws nothing afterwards", () => {
    const { screen: shown, written } = screen();
    shown.leave();
    expect(written).toEqual([]);
    shown.enter();
    shown.enter();
    shown.leave();
    shown.leave();
    shown.draw(["a"]);
    expect(written).toEqual(["\u001b[?1049h\u001b[?25l\u001b[?7l", "\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l"]);
  });
});

describe("keysOf", () => {
  it.each([
    ["q", ["quit"]],
    ["\u0003", ["quit"]],
    ["jj\u001b[A\u001bOBk", ["down", "down", "up", "down", "up"]],
    ["\u001b[5~\u001b[6~ gG\u001b[H\u001b[F", ["page-up", "page-down", "page-down", "start", "end", "start", "end"]],
    ["p\u001a", ["pause", "suspend"]],
    // Unknown sequences, whose letters are no keys: modified arrows, the answer to a query, a mouse.
    ["\u001b[1;5q\u001b[?62;22c\u001bOq\u001b[<0;1;1Mx\u001b", []],
  ])("keysOf reads %j as %j", (input, keys) => {
    expect(keysOf(input)).toEqual(keys);
  });
});

describe("sparkline", () => {
  const range = { fromMs: 0, toMs: 8_000 };
  const dots = (...values: readonly number[]) => values.map((value, n) => ({ timeMs: n * 1_000, value }));

  it("sparkline draws the smallest number lowest and the largest highest", () => {
    expect(sparkline(dots(0, 1, 2, 3, 4, 5, 6, 7), range, 8, { gapMs: 1_500 })).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline(dots(0, 10, 4, 4), { fromMs: 0, toMs: 4_000 }, 2, { gapMs: 1_500 })).toBe("█▁");
    expect(sparkline(dots(3, 3), { fromMs: 0, toMs: 2_000 }, 2, { gapMs: 1_500 })).toBe("▁▁");
  });

  it("sparkline leaves cells without data blank, and continues a number until the next is overdue", () => {
    expect(sparkline(dots(0, 1), range, 8, { gapMs: 1_500 })).toBe("▁██     ");
    expect(sparkline(dots(0, 1), range, 8, { gapMs: 4_000 })).toBe("▁████   ");
    expect(sparkline([], range, 4, { gapMs: 1_500 })).toBe("    ");
  });
});

describe("the terminal", () => {
  it("a locale in UTF-8 allows Unicode, and LC_ALL overrides the others", () => {
    expect(isUnicode({ LANG: "C.UTF-8" }, "linux")).toBe(true);
    expect(isUnicode({ LC_ALL: "C", LANG: "en_US.utf8" }, "linux")).toBe(false);
    expect(isUnicode({ LC_CTYPE: "UTF-8" }, "darwin")).toBe(true);
    expect(isUnicode({}, "linux")).toBe(false);
    expect(isUnicode({}, "win32")).toBe(true);
  });

  it("the size is that of the terminal, or that of COLUMNS, or 80 by 24", () => {
    expect(sizeOf({ columns: 132, rows: 50 }, { COLUMNS: "60" })).toEqual({ columns: 132, rows: 50 });
    expect(sizeOf({}, { COLUMNS: "60" })).toEqual({ columns: 60, rows: 24 });
    // A terminal that does not know its size reports 0.
    expect(sizeOf({ columns: 0, rows: 0 }, { COLUMNS: "wide" })).toEqual({ columns: 80, rows: 24 });
  });
});
