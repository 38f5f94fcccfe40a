import { expect } from "vitest";
import type { Client } from "../../src/http/stream/client.ts";

/** A client that keeps what is written to it, and has a backlog until it reads. */
export class ArrayClient implements Client {
  readonly messages: { readonly event: string; readonly id: string | undefined; readonly data: unknown }[] = [];
  readonly writes: Uint8Array[] = [];
  backlogBytes = 0;
  closed = false;
  asked = 0;
  /** Called when the hub wants to know that the client has read. */
  onAsk = (): void => {};

  write(bytes: Uint8Array): void {
    expect(this.closed).toBe(false);
    this.backlogBytes += bytes.length;
    this.writes.push(bytes);
    for (const text of Buffer.from(bytes).toString().split("\n\n").slice(0, -1)) {
      const line = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
      this.messages.push({ event: line("event") ?? "", id: line("id"), data: JSON.parse(line("data") ?? "null") as unknown });
    }
  }

  whenRead(): void {
    this.asked += 1;
    this.onAsk();
  }

  cork(): void {}
  uncork(): void {}

  close(): void {
    this.closed = true;
  }

  numbers(...events: string[]): readonly number[] {
    return this.messages.filter(({ event }) => events.includes(event)).map(({ id }) => Number(id?.split("-").at(-1)));
  }
}
