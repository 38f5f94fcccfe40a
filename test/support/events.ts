import { EventSource } from "eventsource";

export interface Received {
  readonly type: string;
  readonly id: string;
  readonly data: unknown;
}

const TYPES = ["hello", "snapshot", "sample", "transition", "alert", "aggregate", "heartbeat", "reset", "bye"];

/** Follows a stream with a real EventSource; closed at the end of the scope. */
export function follow(url: string, headers: Readonly<Record<string, string>> = {}) {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const source = new EventSource(url, { fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }) });
  for (const type of TYPES) {
    source.addEventListener(type, (event) => {
      received.push({ type, id: event.lastEventId, data: JSON.parse(String(event.data)) as unknown });
      for (const check of waiting) check();
    });
  }
  return {
    received,
    /** Resolves when this many events of a type have arrived. */
    until: (type: string, count = 1): Promise<readonly Received[]> =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = received.filter((each) => each.type === type);
          if (found.length < count) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    /** Resolves with the first matching event, past or future. */
    first: (fits: (event: Received) => boolean): Promise<Received> =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = received.find(fits);
          if (!found) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    [Symbol.dispose]: () => source.close(),
  };
}
