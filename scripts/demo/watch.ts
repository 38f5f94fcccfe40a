import { EventSource } from "eventsource";

interface Transition {
  readonly component: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

interface Alert {
  readonly state: "firing" | "resolved";
  readonly labels: { readonly alertname: string; readonly component: string; readonly severity: string };
  readonly reason: string;
}

interface Seen {
  readonly transitions: readonly Transition[];
  readonly alerts: readonly Alert[];
}

/** Follows the collector's event stream: prints changes of health and alerts as they come, and waits for them. */
export class Watch implements Disposable {
  readonly #source: EventSource;
  readonly #transitions: Transition[] = [];
  readonly #alerts: Alert[] = [];
  readonly #looking = new Set<() => void>();

  constructor(url: string, print: (line: string) => void) {
    this.#source = new EventSource(`${url}/api/v1/events?types=transition,alert`);
    this.#source.addEventListener("transition", ({ data }) => {
      const transition = JSON.parse(String(data)) as Transition;
      this.#transitions.push(transition);
      print(`${transition.component} is ${transition.to}: ${transition.reason}`);
      this.#look();
    });
    this.#source.addEventListener("alert", ({ data }) => {
      const alert = JSON.parse(String(data)) as Alert;
      this.#alerts.push(alert);
      print(`alert ${alert.state}: ${alert.labels.alertname} (${alert.labels.severity}) ${alert.labels.component}: ${alert.reason}`);
      this.#look();
    });
  }

  /** Resolves once what was seen since now satisfies. @throws after so many milliseconds, with what was waited for */
  async until(what: string, withinMs: number, holds: (seen: Seen) => boolean): Promise<void> {
    const done = Promise.withResolvers<void>();
    const [transitionsBefore, alertsBefore] = [this.#transitions.length, this.#alerts.length];
    const look = (): void => {
      const seen = { transitions: this.#transitions.slice(transitionsBefore), alerts: this.#alerts.slice(alertsBefore) };
      if (holds(seen)) done.resolve();
    };
    this.#looking.add(look);
    const late = setTimeout(() => done.reject(new Error(`${what} was not seen within ${withinMs / 1_000} s`)), withinMs);
    await done.promise.finally(() => {
      clearTimeout(late);
      this.#looking.delete(look);
    });
  }

  [Symbol.dispose](): void {
    this.#source.close();
  }

  #look(): void {
    for (const look of this.#looking) look();
  }
}
