/** The clients of a stream, in their own process: plain sockets that parse just enough to count events and measure their latency. */
import { connect, type Socket } from "node:net";
import { answerParent } from "../child.ts";
import { MARK, TIMESTAMP_DIGITS, nowMicroseconds } from "./message.ts";

export interface ClientsQuestion {
  /** Adds clients; `stalled` ones read the start of the response and nothing afterwards. */
  readonly connect?: { readonly port: number; readonly path: string; readonly count: number; readonly stalled?: boolean };
  /** Connects a number of clients one after the other, at a maximum rate per second; each disconnects after its first bytes. */
  readonly churn?: { readonly port: number; readonly path: string; readonly count: number; readonly aSecond: number };
  /** Resets the counts. */
  readonly reset?: true;
  readonly leave?: true;
}

export interface ClientsState {
  readonly open: number;
  readonly delivered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Maximum concurrent connection attempts: the kernel's listen queue holds 511. */
const CONNECTING = 200;

const BUCKET_MICROSECONDS = 100;
const MOST_BUCKETS = 600_000;
const MARK_BYTES = MARK.length + TIMESTAMP_DIGITS;
const NEWLINE = 10;

const latencies = new Uint32Array(MOST_BUCKETS);
/** All sockets read into one buffer, which is parsed before the next socket reads. */
const shared = Buffer.alloc(64 * 1024);
const sockets = new Set<Socket>();
let delivered = 0;

answerParent(async (asked): Promise<ClientsState> => {
  const question = asked as ClientsQuestion;
  if (question.connect) await join(question.connect);
  if (question.churn) await churn(question.churn);
  if (question.reset) {
    latencies.fill(0);
    delivered = 0;
  }
  if (question.leave) for (const socket of sockets) socket.destroy();
  return { open: sockets.size, delivered, p50Ms: quantileMs(0.5), p99Ms: quantileMs(0.99) };
});

async function join({ port, path, count, stalled = false }: NonNullable<ClientsQuestion["connect"]>): Promise<void> {
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await open(port, path, stalled);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, CONNECTING) }, one));
}

async function churn({ port, path, count, aSecond }: NonNullable<ClientsQuestion["churn"]>): Promise<void> {
  const begunMs = performance.now();
  const disconnected: Promise<void>[] = [];
  for (let n = 0; n < count; n += 1) {
    const waitMs = begunMs + (n * 1_000) / aSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    disconnected.push(
      open(port, path, false).then((socket) => {
        const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
        socket.destroy();
        return closed;
      }),
    );
  }
  await Promise.all(disconnected);
}

/** Resolves with the socket once the first bytes of the response have arrived. */
function open(port: number, path: string, stalled: boolean): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const reader = new Reader();
    const callback = (length: number, buffer: Uint8Array): boolean => {
      reader.read(buffer as Buffer, length);
      resolve(socket);
      return !stalled;
    };
    const socket = connect({ port, host: "127.0.0.1", onread: { buffer: shared, callback } });
    sockets.add(socket);
    socket.on("error", reject);
    socket.on("close", () => sockets.delete(socket));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
  });
}

/** Finds the timestamps in received data, even if one is split between two reads. */
class Reader {
  #tail: Buffer | undefined;

  read(buffer: Buffer, length: number): void {
    const chunk = this.#tail ? Buffer.concat([this.#tail, buffer.subarray(0, length)]) : buffer.subarray(0, length);
    const now = nowMicroseconds();
    let end = 0;
    for (let at = chunk.indexOf(MARK); at >= 0 && at + MARK_BYTES <= chunk.length; at = chunk.indexOf(MARK, end)) {
      end = at + MARK_BYTES;
      const made = Number(chunk.toString("latin1", at + MARK.length, end));
      const bucket = Math.min(MOST_BUCKETS - 1, Math.floor((now - made) / BUCKET_MICROSECONDS));
      latencies[bucket] = (latencies[bucket] as number) + 1;
      delivered += 1;
    }
    const isCut = chunk.at(-1) !== NEWLINE;
    this.#tail = isCut ? Buffer.from(chunk.subarray(Math.max(end, chunk.length - MARK_BYTES + 1))) : undefined;
  }
}

function quantileMs(share: number): number {
  let left = delivered * share;
  const bucket = latencies.findIndex((count) => (left -= count) <= 0);
  return ((bucket + 1) * BUCKET_MICROSECONDS) / 1_000;
}
