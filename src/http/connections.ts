import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Descriptors left to the rest of the process: Node has 20, the host source 15, and each exporter, sink and other source one or two. */
const MIN_RESERVED = 48;
const RESERVED_SHARE = 0.25;

/**
 * How many connections leave enough descriptors to the rest of the process: three quarters of the limit, and all but 48 of a small one.
 * Without a known limit, as many as requested.
 */
export function connectionLimit(requested: number, descriptors = descriptorLimit()): number {
  const reserved = Math.max(MIN_RESERVED, descriptors * RESERVED_SHARE);
  return Math.max(1, Math.min(requested, Number.isFinite(descriptors) ? Math.floor(descriptors - reserved) : requested));
}

/** Maximum number of open descriptors of this process. Only Linux shows it; infinite elsewhere. */
function descriptorLimit(): number {
  try {
    const [, limit] = /^Max open files +(\d+) /m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Keeps the number of connections within a limit. Beyond it, the connection that has had no request for longest is closed, so that
 * connections which only stay open exclude no client; if each has a request, the new connection is closed.
 */
export function limitConnections(server: Server, max: number): void {
  const idle = new Set<Socket>();
  let count = 0;
  server.on("connection", (socket: Socket) => {
    count += 1;
    idle.add(socket);
    socket.once("close", () => {
      count -= 1;
      idle.delete(socket);
    });
    if (count <= max) return;
    const [longestIdle = socket] = idle;
    // It counts until its `close`, which comes later: another new connection must not choose it again.
    idle.delete(longestIdle);
    longestIdle.destroy();
  });
  server.on("request", ({ socket }, response) => {
    idle.delete(socket);
    response.once("close", () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
