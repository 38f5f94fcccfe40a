import { quantity } from "../base/quantity.ts";
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

/** The collectors' cost. CPU and memory come from a `host` source, which reads its own process; without one there are no such panels. */
export function costSection(plan: DashboardPlan): Section {
  const bytes = timeSeries({
    title: "Buffer size",
    description: "Memory used by each collection's retained samples.",
    unit: "bytes",
    min: 0,
    stacked: true,
    queries: [{ expr: sumBy(BY_COLLECTION, select(OWN.bufferSize, collection)), legend: LEGEND }],
  });
  const version = stat({
    title: "Versions",
    description: "Instances by version.",
    unit: "short",
    queries: [
      {
        expr: `count by (service_version) (${select("target_info", instance)} and on (${BY_INSTANCE.join(", ")}) ${OWN.clock})`,
        legend: "{{service_version}}",
      },
    ],
  });
  const round = timeSeries({
    title: "Health evaluation duration",
    description: "Mean duration of one evaluation of all components.",
    unit: "s",
    min: 0,
    queries: [{ expr: meanOf(OWN.round), legend: "{{instance}}", stepMs: Math.min(120_000, 2 * plan.health.interval) }],
  });
  const collect = timeSeries({
    title: "Metric collection duration",
    description: "Mean duration of collecting all metrics for one scrape or export, by reader.",
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
        title: "Process CPU",
        description: "CPU time used, as a share of one CPU, by mode.",
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
        title: "Process memory",
        description: "Resident memory of the collector's process.",
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
        description: `Delay of the event loop. The process is degraded above ${quantity(delayS, "s")} and unhealthy above ${quantity(4 * delayS, "s")}.`,
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
