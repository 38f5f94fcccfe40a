import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { needs } from "../../support/programs.ts";
import type { Held } from "../../support/stream-process.ts";

const PROCESS = new URL("../../support/stream-process.ts", import.meta.url);

async function held(child: ChildProcess): Promise<Held> {
  const answer = once(child, "message");
  child.send("what do you hold?");
  return ((await answer) as [Held])[0];
}

/** Once the server has noticed that all clients have disconnected. */
async function settled(child: ChildProcess, openFiles: number): Promise<Held> {
  for (;;) {
    const now = await held(child);
    if (now.clients === 0 && now.openFiles <= openFiles) return now;
  }
}

/** Ways to disconnect: before the request, before the first byte, at the first byte, gracefully, and by a reset. */
const WAYS: Readonly<Record<string, (socket: Socket) => Promise<void> | void>> = {
  "before the request": () => {},
  "before the first byte": (socket) => void socket.write(REQUEST),
  "in the middle": async (socket) => {
    socket.write(REQUEST);
    await once(socket, "data");
  },
  gracefully: async (socket) => {
    socket.write(REQUEST);
    await once(socket, "data");
    socket.end();
    await once(socket, "close");
  },
  "by a reset": async (socket) => {
    socket.write(REQUEST);
    await once(socket, "data");
    socket.resetAndDestroy();
  },
};
const REQUEST = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

async function comeAndGo(port: number, leave: (socket: Socket) => Promise<void> | void): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  await leave(socket);
  if (!socket.destroyed) socket.destroy();
  if (!socket.closed) await once(socket, "close");
}

/** Five hundred, fifty at a time. */
async function crowd(port: number, leave: (socket: Socket) => Promise<void> | void): Promise<void> {
  const one = async (): Promise<void> => {
    for (let n = 0; n < 10; n += 1) await comeAndGo(port, leave);
  };
  await Promise.all(Array.from({ length: 50 }, one));
}

// The test counts /proc/self/fd.
describe("event stream leaks", needs("linux"), () => {
  it("thousands of event stream clients leave no open file, subscription or memory behind, however they disconnect", async () => {
    const child = fork(PROCESS, { execArgv: ["--expose-gc"] });
    try {
      const { port, openFiles } = await held(child);
      // Once for what is created at first use and kept.
      for (const leave of Object.values(WAYS)) await crowd(port, leave);
      const before = await settled(child, openFiles);
      for (const [way, leave] of Object.entries(WAYS)) {
        await crowd(port, leave);
        const after = await settled(child, openFiles);
        // A connection that stays holds six kilobytes: that would be three megabytes.
        expect([way, after.heapBytes - before.heapBytes < 1_500_000]).toEqual([way, true]);
      }
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }, 120_000);
});
