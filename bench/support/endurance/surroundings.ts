/** What surrounds a collector that runs for hours: a queue to read and a webhook. Both fail at times. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Posted {
  readonly status: string;
  readonly fingerprint: string;
  readonly startsAt: string;
}

/** What the webhook of one collector received and accepted. */
export interface HookAccount {
  accepted: number;
  refused: number;
  hung: number;
  /** Notifications that were accepted a second time. */
  repeated: number;
  /** Fingerprints of the alerts that are open at the receiver: of one that ended and fired again while it waited, only the newest state is sent. */
  readonly open: Set<string>;
}

type Mode = "works" | "fails" | "hangs";

/** Seconds in each phase; the pattern repeats. */
const QUEUE_PHASES: readonly (readonly [mode: Mode | "deep", seconds: number])[] = [
  ["works", 150],
  ["deep", 75],
  ["works", 60],
  ["fails", 60],
  ["works", 45],
  ["hangs", 30],
];
const HOOK_PHASES: readonly (readonly [mode: Mode, seconds: number])[] = [
  ["works", 100],
  ["fails", 55],
  ["works", 20],
  ["hangs", 35],
];

function phaseAt<T>(phases: readonly (readonly [mode: T, seconds: number])[], second: number): T {
  let rest = second % phases.reduce((sum, [, seconds]) => sum + seconds, 0);
  for (const [mode, seconds] of phases) {
    if (rest < seconds) return mode;
    rest -= seconds;
  }
  throw new Error("the phases have no length");
}

/** Serves `/NAME/queue` and `/NAME/hook` for collectors by name. */
export class Surroundings {
  readonly hooks = new Map<string, HookAccount>();
  readonly #seen = new Set<string>();
  readonly #begunMs = performance.now();
  readonly #server = createServer((request, response) => this.#answer(request, response));
  /** All phases that fail have ended: everything works from now on. */
  isCalm = false;

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  hook(name: string): HookAccount {
    const known = this.hooks.get(name);
    if (known) return known;
    const made: HookAccount = { accepted: 0, refused: 0, hung: 0, repeated: 0, open: new Set() };
    this.hooks.set(name, made);
    return made;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [, name = "", what] = (request.url ?? "").split("/");
    const second = Math.floor((performance.now() - this.#begunMs) / 1_000);
    if (what === "queue") this.#queue(this.isCalm ? "works" : phaseAt(QUEUE_PHASES, second), second, response);
    else void this.#take(this.isCalm ? "works" : phaseAt(HOOK_PHASES, second), this.hook(name), request, response);
  }

  #queue(mode: Mode | "deep", second: number, response: ServerResponse): void {
    if (mode === "hangs") return;
    if (mode === "fails") response.writeHead(503).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ depth: mode === "deep" ? 99 : second % 10 }));
  }

  async #take(mode: Mode, account: HookAccount, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    try {
      for await (const chunk of request) text += String(chunk);
    } catch {
      // A process that was killed has sent half of a request.
      return;
    }
    if (mode === "hangs") {
      account.hung += 1;
      return;
    }
    response.writeHead(mode === "fails" ? 503 : 200).end();
    if (mode === "fails") {
      account.refused += 1;
      return;
    }
    for (const { fingerprint, startsAt, status } of (JSON.parse(text) as { readonly alerts: readonly Posted[] }).alerts) {
      const alert = `${fingerprint} ${startsAt}`;
      account.accepted += 1;
      if (this.#seen.has(`${status} ${alert}`)) account.repeated += 1;
      this.#seen.add(`${status} ${alert}`);
      if (status === "firing") account.open.add(fingerprint);
      // The end of an alert can arrive without its start, which the webhook may have refused.
      else account.open.delete(fingerprint);
    }
  }
}
