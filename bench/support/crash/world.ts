/** What surrounds a collector that is killed: a queue that is full or empty, and a webhook that sometimes refuses. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface PostedAlert {
  readonly status: "firing" | "resolved";
  readonly fingerprint: string;
  readonly startsAt: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A notification that the webhook has accepted. */
export interface Notification extends PostedAlert {
  readonly atMs: number;
  /** The same status of the same alert was accepted before, at this time. */
  readonly repeats: number | undefined;
}

export class World {
  readonly notifications: Notification[] = [];
  /** Of the alert by fingerprint: the newest notification. */
  readonly #newest = new Map<string, Notification>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #changed = Promise.withResolvers<void>();
  isFull = false;
  isHookUp = true;
  refused = 0;

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Alerts that fire, as far as the receiver knows. */
  get open(): readonly Notification[] {
    return [...this.#newest.values()].filter(({ status }) => status === "firing");
  }

  /** Resolves with the first notification after a time that fits; undefined if none comes in time. */
  async notified(afterMs: number, fits: (posted: PostedAlert) => boolean, patienceMs: number): Promise<Notification | undefined> {
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, patienceMs);
    try {
      for (let isPatient = true; ;) {
        const found = this.notifications.find((each) => each.atMs >= afterMs && fits(each));
        if (found || !isPatient) return found;
        isPatient = await Promise.race([this.#changed.promise.then(() => true), patience.promise.then(() => false)]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/queue") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ depth: this.isFull ? 99 : 1 }));
      return;
    }
    let text = "";
    try {
      for await (const chunk of request) text += String(chunk);
    } catch {
      // The kill has cut off the request.
      return;
    }
    response.writeHead(this.isHookUp ? 200 : 503).end();
    if (!this.isHookUp) {
      this.refused += 1;
      return;
    }
    for (const alert of (JSON.parse(text) as { readonly alerts: readonly PostedAlert[] }).alerts) this.#accept(alert);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #accept(alert: PostedAlert): void {
    const before = this.#newest.get(alert.fingerprint);
    const repeats = before?.status === alert.status ? before.atMs : undefined;
    const notification = { ...alert, atMs: Date.now(), repeats };
    this.notifications.push(notification);
    this.#newest.set(alert.fingerprint, notification);
  }
}
