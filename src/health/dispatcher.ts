import type { Meter } from "@opentelemetry/api";
import type { Clock } from "../clock.ts";
import type { AlertOptions } from "./alert-options.ts";
import type { Alert } from "./record.ts";
import { alertmanagerSink } from "./sink/alertmanager.ts";
import { Delivery } from "./sink/delivery.ts";
import type { Sink, SinkReport } from "./sink/sink.ts";
import { webhookSink } from "./sink/webhook.ts";

/** Hands alerts to every sink, but those that only follow from another. */
export class Dispatcher {
  readonly #deliveries: readonly Delivery[];

  /** @param firing what fires, as it is now */
  constructor(options: AlertOptions, clock: Clock, meter: Meter, firing: () => readonly Alert[]) {
    const notifications = meter.createCounter("vitals.alert.notifications", {
      unit: "{notification}",
      description: "Alerts that sinks were sent, by what became of them.",
    });
    this.#deliveries = sinksOf(options, clock).map((sink) => new Delivery(sink, clock, notifications, () => firing().filter(isTold)));
  }

  start(): void {
    for (const delivery of this.#deliveries) delivery.start();
  }

  tell(alerts: readonly Alert[]): void {
    const told = alerts.filter(isTold);
    if (told.length > 0) for (const delivery of this.#deliveries) delivery.tell(told);
  }

  report(): readonly SinkReport[] {
    return this.#deliveries.map((delivery) => delivery.report());
  }

  /** Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    await Promise.all(this.#deliveries.map((delivery) => delivery.stop(timeoutMs)));
  }
}

/** Nobody is told of what another alert explains. */
const isTold = ({ inhibitedBy }: Alert): boolean => inhibitedBy === undefined;

function sinksOf({ alertmanager, webhook }: AlertOptions, clock: Clock): readonly Sink[] {
  return [
    ...(alertmanager.url === "" ? [] : [alertmanagerSink(alertmanager, clock)]),
    ...(webhook.url === "" ? [] : [webhookSink(webhook)]),
  ];
}
