/** What a key does. */
export type Key = "quit" | "pause" | "suspend" | "up" | "down" | "page-up" | "page-down" | "start" | "end";

const KEYS: Readonly<Record<string, Key>> = {
  q: "quit",
  Q: "quit",
  "\u0003": "quit",
  "\u001a": "suspend",
  p: "pause",
  k: "up",
  "\u001b[A": "up",
  "\u001bOA": "up",
  j: "down",
  "\u001b[B": "down",
  "\u001bOB": "down",
  b: "page-up",
  "\u001b[5~": "page-up",
  " ": "page-down",
  "\u001b[6~": "page-down",
  g: "start",
  "\u001b[H": "start",
  "\u001bOH": "start",
  G: "end",
  "\u001b[F": "end",
  "\u001bOF": "end",
};

const ESCAPE = "\u001b";

/** What follows an escape character: a sequence, or nothing that belongs to it. */
const SEQUENCE = /^(?:\[[0-?]*[ -/]*[@-~]|O[ -~])?/;

/** The keys of a text that a terminal in raw mode sends. What no key above has sent is skipped. */
export function keysOf(input: string): readonly Key[] {
  const [plain = "", ...escaped] = input.split(ESCAPE);
  const inputs = escaped.flatMap((text) => {
    const [sequence = ""] = SEQUENCE.exec(text) ?? [];
    return [ESCAPE + sequence, ...Array.from(text.slice(sequence.length))];
  });
  return [...Array.from(plain), ...inputs].flatMap((each) => KEYS[each] ?? []);
}
