import type { ReadStream, WriteStream } from "node:tty";
import { stackOf } from "../../base/errors.ts";
import { after, type Cancel } from "../../client/timer.ts";
import { exit } from "../exit.ts";
import { EXIT } from "../usage.ts";
import type { Follower } from "./follower.ts";
import { frameOf } from "./frame.ts";
import { keysOf, type Key } from "./keys.ts";
import { painted, type Abilities } from "./line.ts";
import { Screen } from "./screen.ts";
import { sizeOf } from "./terminal.ts";
import type { View } from "./view.ts";

/** Events that come together are drawn together. */
const FRAME_MS = 100;

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 } as const;

/** The display on a terminal, until a key or a signal ends it. */
export class Live {
  readonly #follower: Follower;
  readonly #abilities: Abilities;
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #screen: Screen;
  #scroll = 0;
  #maxScroll = 0;
  #paused: View | undefined;
  #frame: Cancel | undefined;
  #tick: Cancel = () => {};
  #end: (code: number) => void = () => {};

  constructor(follower: Follower, abilities: Abilities, input: ReadStream, output: WriteStream) {
    this.#follower = follower;
    this.#abilities = abilities;
    this.#input = input;
    this.#output = output;
    this.#screen = new Screen(output);
  }

  /** Displays the collector. The terminal is as before when it resolves, when the process crashes, and when a signal ends it. */
  async run(): Promise<number> {
    const ended = new Promise<number>((resolve) => (this.#end = resolve));
    process.on("exit", this.#restore);
    process.on("uncaughtException", this.#crash);
    for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => this.#end(128 + number));
    process.on("SIGCONT", () => this.#enter());
    this.#output.on("resize", () => this.#redraw());
    this.#output.on("error", () => this.#end(EXIT.failure));
    this.#input.on("data", (input) => keysOf(String(input)).forEach((key) => this.#press(key)));
    // The terminal is gone.
    this.#input.on("end", () => this.#end(EXIT.fine));
    try {
      this.#enter();
      this.#everySecond();
      return await ended;
    } finally {
      this.#tick();
      this.#frame?.();
      this.#restore();
      this.#input.pause();
    }
  }

  /** Draws soon, because something has changed. */
  readonly changed = (): void => {
    this.#frame ??= after(FRAME_MS, () => this.#draw());
  };

  #enter(): void {
    if (this.#input.isTTY) this.#input.setRawMode(true);
    this.#screen.enter();
    this.#redraw();
  }

  readonly #restore = (): void => {
    this.#screen.leave();
    if (this.#input.isTTY) this.#input.setRawMode(false);
  };

  readonly #crash = (error: unknown): void => {
    this.#restore();
    console.error(`unexpected error: ${stackOf(error)}`);
    exit(EXIT.failure);
  };

  #everySecond(): void {
    this.#draw();
    this.#tick = after(1_000, () => this.#everySecond());
  }

  #redraw(): void {
    this.#screen.forget();
    this.#draw();
  }

  #draw(): void {
    this.#frame?.();
    this.#frame = undefined;
    const size = sizeOf(this.#output, process.env);
    const view = this.#follower.view();
    const shown = this.#paused ? { ...this.#paused, problem: view.problem } : view;
    const { lines, scroll, maxScroll } = frameOf(shown, size, { scroll: this.#scroll, pausedMs: this.#paused?.nowMs });
    this.#scroll = scroll;
    this.#maxScroll = maxScroll;
    this.#screen.draw(lines.map((line) => painted(line, size.columns, this.#abilities)));
  }

  #press(key: Key): void {
    const page = Math.max(1, sizeOf(this.#output, process.env).rows - 8);
    if (key === "quit") return this.#end(EXIT.fine);
    if (key === "suspend") return this.#suspend();
    if (key === "pause") this.#paused = this.#paused ? undefined : this.#follower.view();
    else if (key === "start") this.#scroll = 0;
    else if (key === "end") this.#scroll = this.#maxScroll;
    else this.#scroll += { up: -1, down: 1, "page-up": -page, "page-down": page }[key];
    this.#draw();
  }

  /** Stops the process until the shell continues it. */
  #suspend(): void {
    this.#restore();
    process.kill(process.pid, "SIGTSTP");
  }
}
