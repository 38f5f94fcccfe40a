import { randomBytes } from "node:crypto";
import { access, chmod, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { VitalsError } from "../../base/errors.ts";

const OWNER = /^owner-[\da-f]+\.sock$/;
const STARTING = /^starting-[\da-f]+\.sock$/;
/** The address of a Unix socket has 104 bytes on macOS and 108 on Linux. */
const MAX_ADDRESS_BYTES = 100;
const RETRY_MS = 200;

/** Whether a process listens at the other end. The kernel answers this, whatever the process is doing. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => resolve(true));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"));
    socket.once("connect", () => socket.destroy());
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen({ path, exclusive: true }, () => resolve(server.unref()));
  });
}

/**
 * The ownership of a folder, held by a listening Unix socket inside it. The kernel closes the socket when its process dies, however it
 * dies, and answers across containers that share the folder. A process number would not do: in a container every owner is process 1.
 *
 * A contender listens under a hidden name first, renames the socket to a name that only it uses, and owns the folder if then no other
 * socket with such a name is alive. So every visible socket of a living process accepts connections, and of two contenders at least one sees the
 * other.
 */
export class OwnerLock {
  readonly #server: Server;
  readonly #path: string;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /**
   * Waits until no other process owns the folder.
   *
   * @throws VitalsError `state_in_use` after `waitMs`; `aborted`; errors of the filesystem as they are
   */
  static async acquire(dir: string, clock: Clock, waitMs: number, signal: AbortSignal): Promise<OwnerLock> {
    const deadlineMs = clock.monotonicMs() + waitMs;
    for (;;) {
      const lock = await OwnerLock.#attempt(dir);
      if (lock) return lock;
      if (signal.aborted) throw new VitalsError("aborted", "waiting for the state directory was aborted", { cause: signal.reason });
      if (clock.monotonicMs() >= deadlineMs) throw inUse(dir, waitMs);
      await clock.sleepUntil(clock.monotonicMs() + RETRY_MS * (0.5 + Math.random()), signal);
    }
  }

  static async #attempt(dir: string): Promise<OwnerLock | undefined> {
    await using address = await shortAddress(dir);
    if (await hasLivingOwner(address.dir, "")) return undefined;
    const name = randomBytes(6).toString("hex");
    const [hidden, visible] = [`starting-${name}.sock`, `owner-${name}.sock`];
    const server = await listen(join(address.dir, hidden));
    const lock = new OwnerLock(server, join(dir, visible));
    try {
      await chmod(join(dir, hidden), 0o600);
      await rename(join(dir, hidden), join(dir, visible));
      if (!(await hasLivingOwner(address.dir, visible))) {
        await removeDead(dir, visible);
        return lock;
      }
    } catch (error) {
      await lock.release();
      await rm(join(dir, hidden), { force: true });
      // A new owner has removed the hidden socket.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return undefined;
    }
    await lock.release();
    return undefined;
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true });
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Whether other processes can see the lock: a person or a program that tidies up may have removed it. */
  isVisible(): Promise<boolean> {
    return access(this.#path).then(
      () => true,
      () => false,
    );
  }
}

async function hasLivingOwner(dir: string, own: string): Promise<boolean> {
  const others = (await readdir(dir)).filter((name) => OWNER.test(name) && name !== own);
  const alive = await Promise.all(others.map((name) => isAlive(join(dir, name))));
  return alive.includes(true);
}

/** Removes the sockets of dead owners: their names are not used again, so none can come alive. */
async function removeDead(dir: string, own: string): Promise<void> {
  const dead = (await readdir(dir)).filter((name) => (OWNER.test(name) || STARTING.test(name)) && name !== own);
  await Promise.all(dead.map((name) => rm(join(dir, name), { force: true })));
}

/** A short way to a folder, for addresses of sockets. */
async function shortAddress(dir: string): Promise<AsyncDisposable & { readonly dir: string }> {
  if (Buffer.byteLength(dir) + 32 <= MAX_ADDRESS_BYTES) return { dir, [Symbol.asyncDispose]: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "otel-vitals-"));
  await symlink(dir, join(folder, "d"));
  return { dir: join(folder, "d"), [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

const inUse = (dir: string, waitMs: number): VitalsError =>
  new VitalsError(
    "state_in_use",
    `the state directory ${dir} is in use by another collector, which did not stop within ${Math.round(waitMs / 1_000)} s; stop it, or give this one a directory of its own`,
  );
