import type { Field } from "../sample/field.ts";
import { systemMetrics } from "../sample/types/system.ts";
import { familyOf } from "./field-panels.ts";
import type { Section } from "./layout.ts";
import { IN_DASHBOARD, rate } from "./measures.ts";
import { BY_COLLECTION, BY_INSTANCE, COLLECTION, OWN } from "./own-metrics.ts";
import { sized, stat, timeSeries, type Sized } from "./panels.ts";
import { collectionsOf, stepOf, type DashboardPlan } from "./plan.ts";
import { aggregate, select, sumBy } from "./promql.ts";
import { thresholdsOf } from "./thresholds.ts";

const { instance, collection } = IN_DASHBOARD;
const LEGEND = `{{${COLLECTION}}} {{instance}}`;

/** What the collectors cost. CPU and memory come from the host source's readings of its own process, where there is one. */
export function costSection(plan: DashboardPlan): Section {
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
        queries: [{ expr: aggregate("max", BY_INSTANCE, selectOf(processMemory)), legend: "{{instance}}" }],
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
        queries: [{ expr: aggregate("max", BY_INSTANCE, selectOf(eventLoopDelayP99)), legend: "{{instance}}" }],
      }),
    ),
  ];
}
