import type { Context } from "hono";
import type { HttpBindings } from "@hono/node-server";
import type { Turns } from "../../base/event-loop.ts";

/** An answer whose lists may be made while they are written, one item at a time. */
export type Lazy<T> = { readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Iterable<Item> : T[K] };

/** What a route returns: an answer, the steps that make one, or a response that is sent unchanged. */
export type Made<T> = Lazy<T> | Generator<undefined, Lazy<T>> | Response;

/** Longest time for which one answer holds the event loop, apart from its longest step. */
const SLICE_MS = 4;

/** Longest text that is written at once: a client that reads slowly costs this much memory. */
const SLICE_CHARS = 64 * 1024;

type Headers = Readonly<Record<string, string>>;

/**
 * Writes answers as JSON in turns: each takes the event loop for a few milliseconds and then lets every tick, probe and other answer
 * continue. What fits into one turn is sent with its length; the rest follows as fast as the client reads.
 */
export class AnswerWriter {
  readonly #turns: Turns;
  readonly #failed: (c: Context, error: unknown) => void;

  /** @param failed called with an error that occurs after the head was sent; the connection is cut off then */
  constructor(turns: Turns, failed: (c: Context, error: unknown) => void) {
    this.#turns = turns;
    this.#failed = failed;
  }

  /** @param isWhole whether to write the whole answer before it is sent, for a hash of it */
  async respond<T extends object>(c: Context, make: () => Made<T>, headers: Headers, isWhole: boolean): Promise<Response> {
    await this.#turns.next();
    const made = make();
    if (made instanceof Response) return made;
    const pieces = piecesOf(made);
    let { text, isLast } = nextSlice(pieces);
    if (isWhole) {
      while (!isLast) {
        await this.#turns.next();
        const more = nextSlice(pieces);
        text += more.text;
        isLast = more.isLast;
      }
    }
    return c.body(isLast ? text : this.#stream(c, text, pieces), 200, headers);
  }

  #stream(c: Context, first: string, pieces: Iterator<string, void>): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let isCancelled = false;
    return new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode(first)),
      pull: async (controller) => {
        await this.#turns.next();
        if (isCancelled) return;
        try {
          const { text, isLast } = nextSlice(pieces);
          controller.enqueue(encoder.encode(text));
          if (isLast) controller.close();
        } catch (error) {
          this.#failed(c, error);
          const { outgoing } = (c.env ?? {}) as Partial<HttpBindings>;
          // The server would send the message of an error to the client.
          if (outgoing) outgoing.destroy();
          else controller.error(new Error("the rest of the answer could not be written"));
        }
      },
      cancel() {
        isCancelled = true;
      },
    });
  }
}

function nextSlice(pieces: Iterator<string, void>): { readonly text: string; readonly isLast: boolean } {
  const endMs = performance.now() + SLICE_MS;
  let text = "";
  do {
    const piece = pieces.next();
    if (piece.done === true) return { text, isLast: true };
    text += piece.value;
  } while (text.length < SLICE_CHARS && performance.now() < endMs);
  return { text, isLast: false };
}

/** The JSON of an answer in pieces: one for each step that makes it, one for each item of its lists, and one for anything else in it. */
function* piecesOf<T extends object>(made: Lazy<T> | Generator<undefined, Lazy<T>>): Generator<string, void> {
  let separator = "{";
  for (const [key, value] of Object.entries(isSteps(made) ? yield* silent(made) : made)) {
    if (value === undefined) continue;
    const head = `${separator}${JSON.stringify(key)}:`;
    separator = ",";
    if (isList(value)) yield* itemsOf(head, value);
    else yield head + JSON.stringify(value);
  }
  yield separator === "{" ? "{}" : "}";
}

function* silent<T>(steps: Generator<undefined, T>): Generator<string, T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield "";
  }
}

function* itemsOf(head: string, items: Iterable<unknown>): Generator<string, void> {
  let before = `${head}[`;
  for (const item of items) {
    yield before + JSON.stringify(item);
    before = ",";
  }
  yield before === "," ? "]" : `${before}]`;
}

const isSteps = <T extends object>(made: Lazy<T> | Generator<undefined, Lazy<T>>): made is Generator<undefined, Lazy<T>> =>
  Symbol.iterator in made;

const isList = (value: unknown): value is Iterable<unknown> => typeof value === "object" && value !== null && Symbol.iterator in value;
