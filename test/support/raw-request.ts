import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawEvent {
  readonly event: string;
  /** The number in its id, if it has one. */
  readonly seq: number | undefined;
  readonly data: unknown;
}

/** A request over a plain socket, for behaviour that client libraries prevent. */
export interface RawRequest extends Disposable {
  readonly socket: Socket;
  /** The start of the received text, including the head. */
  readonly beginning: string;
  /** Complete events. */
  readonly events: readonly RawEvent[];
  /** Numbers of the events of a type, in the order received. */
  seqs(event: string): readonly number[];
  /** Resolves when it holds; rejects if the connection ends before. */
  until(holds: (request: RawRequest) => boolean): Promise<void>;
  /** Resolves with `beginning` when the connection has ended. */
  readonly ended: Promise<string>;
}

const BEGINNING = 64 * 1024;

/** Connects and sends these lines, followed by the empty line that ends a head. */
export async function rawRequest(port: number, ...lines: readonly string[]): Promise<RawRequest> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let [beginning, rest] = ["", ""];
  const events: RawEvent[] = [];
  const waiting = new Set<() => void>();
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    if (beginning.length < BEGINNING) beginning += chunk;
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    events.push(...blocks.map(parse));
    for (const check of waiting) check();
  });
  socket.on("error", () => {});
  const ended = new Promise<string>((resolve) => socket.on("close", () => resolve(beginning)));
  const request: RawRequest = {
    socket,
    events,
    get beginning() {
      return beginning;
    },
    seqs: (event) => events.flatMap((each) => (each.event === event && each.seq !== undefined ? [each.seq] : [])),
    until: (holds) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!holds(request)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        void ended.then(() => reject(new Error(`the connection ended after ${events.length} events: ${beginning.slice(0, 500)}`)));
      }),
    ended,
    [Symbol.dispose]: () => void socket.destroy(),
  };
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return request;
}

function parse(block: string): RawEvent {
  const line = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
  const id = line("id");
  return {
    event: line("event") ?? "",
    seq: id === undefined ? undefined : Number(id.split("-").at(-1)),
    data: JSON.parse(line("data") ?? "null"),
  };
}
