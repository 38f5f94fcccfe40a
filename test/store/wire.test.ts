import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { settle } from "../../src/base/manual-clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import { untilAborted } from "../../src/base/deadline.ts";
import { TOO_LARGE, Wire } from "../../src/store/wire.ts";
import { silentServer, type OpenServer } from "../support/silent-server.ts";
import { until } from "../support/until.ts";

const NEVER = new AbortController().signal;

/** Waits until a server has so many connections. */
const openAre = ({ open }: Pick<OpenServer, "open">, count: number): Promise<number> =>
  until(
    () => settle().then(() => open.size),
    (size) => size === count,
  );

/** A client that waits for ever, as a library does. */
async function dial(port: number, signal: AbortSignal): Promise<never> {
  // After other work, as in a library that looks something up first.
  await Promise.resolve();
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.resume();
  return untilAborted(new Promise<never>(() => {}), signal);
}

describe("Wire", () => {
  it("a server that accepts and never answers is unreachable at the limit", async () => {
    await using server = await silentServer();
    using wire = new Wire(`redis://127.0.0.1:${server.port}`);
    await expect(wire.answer({ limitMs: 50 }, NEVER, (signal) => dial(server.port, signal))).rejects.toMatchObject({
      code: "source_unreachable",
      errorType: "timeout",
      retryable: true,
      message: `redis://127.0.0.1:${server.port} did not answer within 50 ms`,
    });
  });

  it("the signal ends the wait with its own reason", async () => {
    await using server = await silentServer();
    using wire = new Wire("redis://127.0.0.1:1");
    const ending = new AbortController();
    const answer = wire.answer({ limitMs: 60_000 }, ending.signal, (signal) => dial(server.port, signal));
    ending.abort(new Error("closed by its user"));
    await expect(answer).rejects.toThrow("closed by its user");
  });

  it("an answer that is larger than the limit is not received to its end", async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    await using server = await silentServer((socket) => {
      const send = (): void => {
        while (!socket.destroyed && sent < 1_000_000_000 && socket.write(chunk)) sent += chunk.length;
      };
      socket.on("drain", send);
      send();
    });
    const wire = new Wire("bolt://127.0.0.1:1");
    const answer = wire.answer({ limitMs: 60_000, maxBytes: 1_048_576 }, NEVER, (signal) => dial(server.port, signal));
    await expect(answer).rejects.toMatchObject({
      code: "source_failed",
      errorType: TOO_LARGE,
      message: "the answer is larger than 1 MiB",
    });
    wire[Symbol.dispose]();
    await openAre(server, 0);
    expect(sent).toBeLessThan(1_000_000_000);
  });

  it("what earlier answers received on the same connection does not count", async () => {
    await using server = await silentServer((socket) => socket.on("data", () => void socket.write(Buffer.alloc(900_000))));
    using wire = new Wire("bolt://127.0.0.1:1");
    let socket: Socket | undefined;
    for (let n = 1; n <= 3; n += 1) {
      const received = wire.answer({ limitMs: 60_000, maxBytes: 1_000_000 }, NEVER, async (signal) => {
        socket ??= connect(server.port, "127.0.0.1").resume();
        socket.write("?");
        const { bytesRead } = await until(
          () => settle().then(() => socket as Socket),
          (each) => each.bytesRead >= n * 900_000,
        );
        // Long enough for the size to be checked.
        await systemClock.sleepUntil(systemClock.monotonicMs() + 100, signal);
        signal.throwIfAborted();
        return bytesRead;
      });
      expect(await received).toBe(n * 900_000);
    }
  });

  it("disposing of the wire closes its sockets, also those that are opened later, and no others", async () => {
    await using server = await silentServer();
    const wire = new Wire("redis://127.0.0.1:1");
    const other = connect(server.port, "127.0.0.1");
    await once(other, "connect");
    const ending = new AbortController();
    const first = wire.answer({ limitMs: 60_000 }, ending.signal, (signal) => dial(server.port, signal));
    await openAre(server, 2);
    const late = wire.answer({ limitMs: 60_000 }, ending.signal, (signal) => dial(server.port, signal));
    wire[Symbol.dispose]();
    await openAre(server, 1);
    ending.abort(new Error("ended"));
    await Promise.allSettled([first, late]);
    expect([server.open.size, other.destroyed]).toEqual([1, false]);
    other.destroy();
  });
});
