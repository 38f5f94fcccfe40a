import type { Section } from "./layout.ts";
import { clockAhead, countedOr0, IN_DASHBOARD, rate, statusRank } from "./measures.ts";
import { BY_INSTANCE, COMPONENT, OUTCOME, OWN } from "./own-metrics.ts";
import { sized, stateTimeline, timeSeries } from "./panels.ts";
import { select, sumBy } from "./promql.ts";
import { FLAG_MAPPING, STATUS_MAPPING } from "./thresholds.ts";

const { instance } = IN_DASHBOARD;

/** Whether the running configuration is that of the file. */
export function reloadSection(): Section {
  const success = stateTimeline({
    title: "Reload of the configuration",
    description:
      "1 if the last reload succeeded; 0 if the file was wrong, so that the collector continues with the configuration that it has.",
    mappings: FLAG_MAPPING,
    queries: [{ expr: select(OWN.reload, instance), legend: "{{instance}}" }],
  });
  const age = timeSeries({
    title: "Time since the last successful reload",
    description: "Time since the configuration was loaded: at the start, or by a reload.",
    unit: "s",
    min: 0,
    queries: [
      {
        expr: `${select(OWN.clock, instance)} - on (${BY_INSTANCE.join(", ")}) ${select(OWN.lastReload, instance)}`,
        legend: "{{instance}}",
      },
    ],
  });
  return { title: "Configuration", panels: [sized(12, 6, success), sized(12, 6, age)] };
}

/** Whether exports and alerts are delivered. */
export function deliverySection(): Section {
  const statuses = stateTimeline({
    title: "Status of exporters, sinks and the process",
    description:
      "Whether exports and alerts are delivered, and whether the process keeps up. A collector without exporters and sinks shows only its process.",
    mappings: STATUS_MAPPING,
    queries: [{ expr: statusRank(IN_DASHBOARD, `${COMPONENT}=~"process|(exporter|sink):.+"`), legend: `{{${COMPONENT}}} {{instance}}` }],
  });
  const exported = timeSeries({
    title: "Data points exported over OTLP",
    description: "Data points per second. A line with an error type counts points that were given up; 0 if nothing is pushed.",
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
    title: "Alert notifications",
    description: "Alerts per second sent to each sink, by outcome; 0 without sinks or alerts.",
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
    title: "Suppressed notifications",
    description: "Fired and resolved alerts that were not sent, because they are flapping or because another alert explains them.",
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
      "How far the collector's clock is ahead of that of Prometheus, plus the duration of a scrape. Always 0 for a collector that pushes, because it stamps its own metrics.",
    unit: "s",
    queries: [{ expr: clockAhead(IN_DASHBOARD), legend: "{{instance}}" }],
  });
  return {
    title: "Exporters and alerts",
    panels: [sized(16, 7, statuses), sized(8, 7, clock), ...[exported, notifications, suppressed].map((panel) => sized(8, 8, panel))],
  };
}

/** Clients of the event stream, and what happened to its events. */
export function streamSection(): Section {
  const clients = timeSeries({
    title: "Event stream clients",
    description: "Connected clients.",
    unit: "short",
    min: 0,
    queries: [{ expr: sumBy(BY_INSTANCE, select(OWN.streamClients, instance)), legend: "{{instance}}" }],
  });
  const events = timeSeries({
    title: "Stream events",
    description: "Events per second and outcome: sent, dropped because the client was too slow, or lost when a client was disconnected.",
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
