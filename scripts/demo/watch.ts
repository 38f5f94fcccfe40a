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

/** Follows the collector's event stream: prints transitions and alerts, and waits for them. */
export class Watch implements Disposable {
  readonly #source: EventSource;
  readonly #transitions: Transition[] = [];
  readonly #alerts: Alert[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(url: string, print: (line: string) => void) {
    this.#source = new EventSource(`${url}/api/v1/events?types=transition,alert`);
    this.#source.addEventListener("transition", ({ data }) => {
      const transition = JSON.parse(String(data)) as Transition;
      this.#transitions.push(transition);
      print(`${transition.component} is ${transition.to}: ${transition.reason}`);
      this.#notify();
    });
    this.#source.addEventListener("alert", ({ data }) => {
      const alert = JSON.parse(String(data)) as Alert;
      this.#alerts.push(alert);
      print(`alert ${alert.state}: ${alert.labels.alertname} of ${alert.labels.component} (${alert.labels.severity}): ${alert.reason}`);
      this.#notify();
    });
  }

  /** Resolves once the events received from now on satisfy `holds`. @throws after `withinMs` milliseconds, naming `what` */
  async until(what: string, withinMs: number, holds: (seen: Seen) => boolean): Promise<void> {
    const done = Promise.withResolvers<void>();
    const [transitionsBefore, alertsBefore] = [this.#transitions.length, this.#alerts.length];
    const check = (): void => {
      const seen = { transitions: this.#transitions.slice(transitionsBefore), alerts: this.#alerts.slice(alertsBefore) };
      if (holds(seen)) done.resolve();
    };
    this.#listeners.add(check);
    const late = setTimeout(() => done.reject(new Error(`timed out after ${withinMs / 1_000} s waiting for ${what}`)), withinMs);
    await done.promise.finally(() => {
      clearTimeout(late);
      this.#listeners.delete(check);
    });
  }

  [Symbol.dispose](): void {
    this.#source.close();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
