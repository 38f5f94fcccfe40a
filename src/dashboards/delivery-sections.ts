import type { Section } from "./layout.ts";
import { clockAhead, countedOr0, IN_DASHBOARD, rate, statusRank } from "./measures.ts";
import { BY_INSTANCE, COMPONENT, OUTCOME, OWN } from "./own-metrics.ts";
import { sized, stateTimeline, timeSeries } from "./panels.ts";
import { select, sumBy } from "./promql.ts";
import { STATUS_MAPPING } from "./thresholds.ts";

const { instance } = IN_DASHBOARD;

/** Whether what the collectors tell arrives: exports and alerts. */
export function deliverySection(): Section {
  const statuses = stateTimeline({
    title: "Exporters, sinks and the process",
    description:
      "Whether what is told arrives, and whether the process is well. A collector that pushes nothing has only its process here.",
    mappings: STATUS_MAPPING,
    queries: [{ expr: statusRank(IN_DASHBOARD, `${COMPONENT}=~"process|(exporter|sink):.+"`), legend: `{{${COMPONENT}}} {{instance}}` }],
  });
  const exported = timeSeries({
    title: "Data points exported over OTLP",
    description: "By error where they were given up; 0 where nothing is pushed.",
    unit: "cps",
    min: 0,
    queries: [
      {
        expr: countedOr0(["otel_component_name", "error_type"], rate(select(OWN.exported, instance), IN_DASHBOARD), IN_DASHBOARD),
        legend: "{{otel_component_name}} {{error_type}} {{instance}}",
      },
    ],
  });
  const notifications = timeSeries({
    title: "Notifications",
    description: "Alerts told to each sink, by what became of them; 0 where there is no sink or nothing was told.",
    unit: "cps",
    min: 0,
    queries: [
      {
        expr: countedOr0(["vitals_sink_name", OUTCOME], rate(select(OWN.notifications, instance), IN_DASHBOARD), IN_DASHBOARD),
        legend: `{{vitals_sink_name}} {{${OUTCOME}}} {{instance}}`,
      },
    ],
  });
  const suppressed = timeSeries({
    title: "Notifications held back",
    description: "Fires and resolves that were not told, because they came and went or because another alert explains them.",
    unit: "cps",
    min: 0,
    queries: [
      {
        expr: countedOr0(["vitals_suppression_reason"], rate(select(OWN.suppressed, instance), IN_DASHBOARD), IN_DASHBOARD),
        legend: "{{vitals_suppression_reason}} {{instance}}",
      },
    ],
  });
  const clock = timeSeries({
    title: "Clock drift",
    description:
      "Seconds the collector's clock is ahead of Prometheus', the time of a scrape included. Over a push both are the collector's: always 0.",
    unit: "s",
    queries: [{ expr: clockAhead(IN_DASHBOARD), legend: "{{instance}}" }],
  });
  return {
    title: "Exporters and alerts",
    panels: [sized(16, 7, statuses), sized(8, 7, clock), ...[exported, notifications, suppressed].map((panel) => sized(8, 8, panel))],
  };
}

/** Who follows the event stream, and what became of its events. */
export function streamSection(): Section {
  const clients = timeSeries({
    title: "Clients of the event stream",
    description: "Clients that are connected.",
    unit: "short",
    min: 0,
    queries: [{ expr: sumBy(BY_INSTANCE, select(OWN.streamClients, instance)), legend: "{{instance}}" }],
  });
  const events = timeSeries({
    title: "Events of the stream",
    description: "Events for clients: sent, dropped because a client was behind, or lost with a client that was disconnected.",
    unit: "cps",
    min: 0,
    queries: [
      {
        expr: countedOr0([OUTCOME], rate(select(OWN.streamEvents, instance), IN_DASHBOARD), IN_DASHBOARD),
        legend: `{{${OUTCOME}}} {{instance}}`,
      },
    ],
  });
  return { title: "Event stream", panels: [sized(12, 8, clients), sized(12, 8, events)] };
}
