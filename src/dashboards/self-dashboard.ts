import type { Field } from "../sample/field.ts";
import { systemMetrics } from "../sample/system-metrics.ts";
import { dashboard, uidOf } from "./dashboard.ts";
import { familyOf } from "./field-panels.ts";
import type { Section } from "./layout.ts";
import { clockAhead, countedOr0, IN_DASHBOARD, missedRatio, rate, statusRank } from "./measures.ts";
import { BY_COLLECTION, BY_INSTANCE, COLLECTION, COMPONENT, OUTCOME, OWN } from "./own-metrics.ts";
import { heatmap, sized, stat, stateTimeline, timeSeries, type Sized } from "./panels.ts";
import { collectionsOf, stepOf, type DashboardPlan } from "./plan.ts";
import { quantile, select, sumBy } from "./promql.ts";
import type { Dashboard } from "./schema.ts";
import { STATUS_MAPPING, thresholdsOf } from "./thresholds.ts";

const { instance, collection } = IN_DASHBOARD;
const LEGEND = `{{${COLLECTION}}} {{instance}}`;

/** The collectors themselves: what they cost, whether they keep up, and whether what they tell arrives. */
export function selfDashboard(plan: DashboardPlan): Dashboard {
  return dashboard({
    uid: uidOf("self"),
    title: "otel-vitals / Collector",
    description: "The collectors themselves: what they cost, whether they keep up, and whether what they tell arrives.",
    sections: [cost(plan), ticks(plan), deliveries(), stream()],
    collectionsIn: `${OWN.up}{$chosen}`,
  });
}

/** CPU and memory come from the host source's readings of its own process, where there is one. */
function cost(plan: DashboardPlan): Section {
  const bytes = timeSeries({
    title: "Bytes of retained samples",
    description: "What each collection's buffer holds.",
    unit: "bytes",
    min: 0,
    stacked: true,
    queries: [{ expr: sumBy(BY_COLLECTION, select(OWN.bufferSize, collection)), legend: LEGEND }],
  });
  const version = stat({
    title: "Versions",
    description: "Versions that are running, and how many instances of each.",
    unit: "short",
    queries: [
      {
        expr: `count by (service_version) (${select("target_info", instance)} and on (${BY_INSTANCE.join(", ")}) ${OWN.clock})`,
        legend: "{{service_version}}",
      },
    ],
  });
  const round = timeSeries({
    title: "A full assessment of health",
    description: "Mean time that it takes, of one round.",
    unit: "s",
    min: 0,
    queries: [{ expr: meanOf(OWN.round), legend: "{{instance}}", stepMs: Math.min(120_000, 2 * plan.health.interval) }],
  });
  const collect = timeSeries({
    title: "Collecting metrics for a scrape or an export",
    description: "Mean time that one collect takes, by the reader that asks.",
    unit: "s",
    min: 0,
    queries: [{ expr: meanOf(OWN.collect, "otel_component_name"), legend: "{{otel_component_name}} {{instance}}" }],
  });
  return {
    title: "Cost",
    panels: [...processPanels(plan), sized(8, 8, bytes), sized(6, 8, round), sized(6, 8, collect), sized(4, 8, version)],
  };
}

function meanOf(family: string, ...labels: readonly string[]): string {
  const part = (suffix: string): string => sumBy([...BY_INSTANCE, ...labels], rate(select(`${family}_${suffix}`, instance), IN_DASHBOARD));
  return `${part("sum")} / ${part("count")}`;
}

function processPanels(plan: DashboardPlan): readonly Sized[] {
  const collections = collectionsOf(plan, systemMetrics);
  if (collections.length === 0) return [];
  const { processCpuTime, processMemory, eventLoopDelayP99 } = systemMetrics.fields;
  const selectOf = (field: Field): string => select(familyOf(field, systemMetrics), instance);
  const delayS = plan.health.process.event_loop_delay / 1_000;
  return [
    sized(
      8,
      8,
      timeSeries({
        title: "CPU of the process",
        description: "Share of one CPU, in user and system mode.",
        unit: "percentunit",
        min: 0,
        stacked: true,
        queries: [
          {
            expr: sumBy([...BY_INSTANCE, "cpu_mode"], rate(selectOf(processCpuTime), IN_DASHBOARD)),
            legend: "{{cpu_mode}} {{instance}}",
            stepMs: stepOf(collections),
          },
        ],
      }),
    ),
    sized(
      8,
      8,
      timeSeries({
        title: "Memory of the process",
        description: "Resident memory.",
        unit: "bytes",
        min: 0,
        queries: [{ expr: `max by (${BY_INSTANCE.join(", ")}) (${selectOf(processMemory)})`, legend: "{{instance}}" }],
      }),
    ),
    sized(
      8,
      8,
      timeSeries({
        title: "Event-loop delay, p99",
        description: `How late the process comes to what is due. Above ${delayS} s it is degraded.`,
        unit: "s",
        min: 0,
        thresholds: thresholdsOf([
          { above: delayS, status: "degraded" },
          { above: 4 * delayS, status: "unhealthy" },
        ]),
        queries: [{ expr: `max by (${BY_INSTANCE.join(", ")}) (${selectOf(eventLoopDelayP99)})`, legend: "{{instance}}" }],
      }),
    ),
  ];
}

function ticks(plan: DashboardPlan): Section {
  const stepMs = stepOf(plan.collections);
  const lateness = rate(select(`${OWN.lateness}_bucket`, collection), IN_DASHBOARD);
  const share = plan.health.process.missed_ticks;
  return {
    title: "Keeping up",
    panels: [
      timeSeries({
        title: "Missed ticks",
        description: `Share of the ticks that fell due and could not begin in time. Above ${share} over all collections the process is degraded.`,
        unit: "percentunit",
        min: 0,
        thresholds: thresholdsOf([{ above: share, status: "degraded" }]),
        queries: [{ expr: missedRatio(IN_DASHBOARD), legend: LEGEND, stepMs }],
      }),
      timeSeries({
        title: "Lateness of ticks, p95",
        description: "Time from a tick's due moment to its beginning.",
        unit: "s",
        min: 0,
        queries: [{ expr: quantile(0.95, BY_COLLECTION, lateness), legend: LEGEND, stepMs }],
      }),
      heatmap({
        title: "Lateness of ticks: distribution",
        description: "How many ticks a second began how late.",
        unit: "s",
        queries: [{ expr: sumBy(["le"], lateness), legend: "{{le}}", stepMs }],
      }),
      timeSeries({
        title: "Retained samples",
        description: "What each collection's buffer holds.",
        unit: "short",
        min: 0,
        queries: [{ expr: sumBy(BY_COLLECTION, select(OWN.samples, collection)), legend: LEGEND }],
      }),
      timeSeries({
        title: "Numbers refused a series",
        description: "Numbers a second that got no series of their own because their axis was full: raise the axis's limit, or split less.",
        unit: "cps",
        min: 0,
        queries: [{ expr: sumBy(BY_COLLECTION, rate(select(OWN.refused, collection), IN_DASHBOARD)), legend: LEGEND, stepMs }],
      }),
      timeSeries({
        title: "Readings that broke a check",
        description: "By the check; 0 where none ever did.",
        unit: "cps",
        min: 0,
        queries: [
          {
            expr: countedOr0([COLLECTION, "vitals_check_name"], rate(select(OWN.violations, collection), IN_DASHBOARD), IN_DASHBOARD),
            legend: `{{${COLLECTION}}} {{vitals_check_name}} {{instance}}`,
            stepMs,
          },
        ],
      }),
    ].map((panel) => sized(8, 8, panel)),
  };
}

function deliveries(): Section {
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

function stream(): Section {
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
