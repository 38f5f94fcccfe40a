/** The alternate screen without a cursor. A line that is wider than expected is cut at the edge instead of moving the others. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l";
const CLEAR = "\u001b[2J";

/** What writes to a terminal. */
export interface Output {
  write(text: string): unknown;
}

/** A full-screen display that writes only lines that have changed: most seconds are a few hundred bytes over a slow connection. */
export class Screen {
  readonly #output: Output;
  #isEntered = false;
  /** What the terminal shows; undefined if that is not known. */
  #shown: readonly string[] | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Switches to the alternate screen. Has no effect the second time. */
  enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    this.#shown = undefined;
    this.#output.write(ENTER);
  }

  /** Returns the terminal to the state before `enter`. Has no effect the second time. */
  leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    this.#output.write(LEAVE);
  }

  /** The terminal no longer shows what was drawn: the next lines are drawn anew. */
  forget(): void {
    this.#shown = undefined;
  }

  /** Shows these lines, one for each row from the top. They may contain colors, and no other escape sequence. */
  draw(lines: readonly string[]): void {
    if (!this.#isEntered) return;
    const before = this.#shown;
    // Erased before it is written: after a line of full width the cursor stands on its last character.
    const changed = lines.flatMap((line, n) => (before?.[n] === line ? [] : [`\u001b[${n + 1};1H\u001b[K${line}`]));
    this.#shown = lines;
    const text = (before === undefined ? CLEAR : "") + changed.join("");
    if (text !== "") this.#output.write(text);
  }
}
