import { connect } from "node:net";

/** An answer of Redis, as the protocol's version 2 transports it. */
export type Answer = string | number | null | readonly Answer[];

/**
 * Sends commands to a Redis server over one connection, without the client that the product uses.
 *
 * @returns the answer to the last one
 * @throws what the server refuses, with the server's own words
 */
export async function resp(port: number, ...commands: readonly (readonly string[])[]): Promise<Answer> {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write(commands.map(encode).join(""));
    let received = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      const answers = decode(received, commands.length);
      const answer = answers?.at(-1);
      if (answers === undefined || answer === undefined) continue;
      for (const each of answers) if (each instanceof Error) throw each;
      return answer as Answer;
    }
    throw new Error(`the connection to port ${port} closed before the answer`);
  } finally {
    socket.destroy();
  }
}

const encode = (command: readonly string[]): string =>
  `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join("")}`;

/** @returns this many answers; undefined while they are incomplete */
function decode(bytes: Buffer, count: number): readonly (Answer | Error)[] | undefined {
  let at = 0;
  const line = (): string => {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) throw INCOMPLETE;
    const found = bytes.toString("utf8", at, end);
    at = end + 2;
    return found;
  };
  const blob = (length: number): string => {
    if (at + length + 2 > bytes.length) throw INCOMPLETE;
    const found = bytes.toString("utf8", at, at + length);
    at += length + 2;
    return found;
  };
  const value = (): Answer | Error => {
    const head = line();
    const rest = head.slice(1);
    if (head.startsWith("+")) return rest;
    if (head.startsWith("-")) return new Error(rest);
    if (head.startsWith(":")) return Number(rest);
    if (Number(rest) < 0) return null;
    if (head.startsWith("$")) return blob(Number(rest));
    if (head.startsWith("*")) return Array.from({ length: Number(rest) }, value) as readonly Answer[];
    throw new Error(`an answer of Redis starts with ${JSON.stringify(head)}`);
  };
  try {
    return Array.from({ length: count }, value);
  } catch (error) {
    if (error === INCOMPLETE) return undefined;
    throw error;
  }
}

const INCOMPLETE = new Error("incomplete");
