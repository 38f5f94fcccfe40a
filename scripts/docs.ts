/** Writes docs/metrics.md from the sample types; with --check only says whether it is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { BUILT_IN_TYPES } from "../src/composition.ts";
import { metricTable } from "../src/sample/metric-table.ts";
import { prometheusName } from "../src/telemetry/names.ts";

const FILE = new URL("../docs/metrics.md", import.meta.url);

const HEAD = `# Metrics

Written by \`npm run docs\` from the sample types in \`src/sample/\`; do not edit it by hand.

Every data point carries \`vitals.collection.name\`. A number in brackets behind an attribute is how many of its values get a series
of their own; the rest is folded into \`_OTHER\`, and what was refused is counted by \`vitals.series.refused\`. A value that was not
measured is absent, and a series that was silent for three intervals disappears.
`;

const OURSELVES = `## About the collector itself

| instrument | unit | attributes | meaning |
|---|---|---|---|
| \`vitals.collection.duration\` (histogram) | \`s\` | \`vitals.collection.name\`, \`vitals.outcome\`, \`error.type\` | Time from asking a source to having its answer. |
| \`vitals.collection.lateness\` (histogram) | \`s\` | \`vitals.collection.name\` | Time from a tick's due moment to its beginning. |
| \`vitals.collection.ticks\` (counter) | \`{tick}\` | \`vitals.collection.name\`, \`vitals.outcome\`, \`error.type\` | Ticks that fell due, by outcome. |
| \`vitals.collection.up\` (gauge) | \`{state}\` | \`vitals.collection.name\` | 1 when the newest tick succeeded within three intervals. |
| \`vitals.collection.last_success.time\` (gauge) | \`s\` | \`vitals.collection.name\` | Unix time of the newest successful tick. |
| \`vitals.buffer.samples\`, \`vitals.buffer.size\` (gauges) | \`{sample}\`, \`By\` | \`vitals.collection.name\` | What is retained. |
| \`vitals.series.refused\` (counter) | \`{point}\` | \`vitals.collection.name\` | Numbers that got no series of their own because their axis was full. |
| \`vitals.validation.violations\` (counter) | \`{reading}\` | \`vitals.collection.name\`, \`vitals.check.name\` | Readings that broke a check. |
| \`vitals.breaker.status\` (gauge) | \`{breaker}\` | \`vitals.source.name\`, \`vitals.breaker.state\` | 1 for the state a source's breaker is in, 0 for the others. |
| \`vitals.component.status\` (gauge) | \`{component}\` | \`vitals.component.name\`, \`vitals.component.status\` | 1 for the status a component has; \`overall\` is the whole. |
| \`vitals.component.transitions\` (counter) | \`{transition}\` | \`vitals.component.name\`, \`vitals.component.status\` | Changes of status, by the status entered. |
| \`vitals.alert.active\` (gauge) | \`{alert}\` | \`vitals.alert.severity\` | Alerts that are firing. |
| \`vitals.alert.notifications\` (counter) | \`{notification}\` | \`vitals.sink.name\`, \`vitals.outcome\` | Alerts that a sink was sent, by what became of them: success, failed, dropped. |
| \`vitals.alert.suppressed\` (counter) | \`{notification}\` | \`vitals.suppression.reason\`, \`vitals.component.name\` | Fires and resolves that were not told: by a \`hold\` time of that component, or \`inhibited\` by another alert. |
| \`vitals.health.round.duration\` (histogram) | \`s\` | | Time that a full assessment of all components takes. |
| \`vitals.stream.clients\` (gauge) | \`{client}\` | | Clients of the event stream. |
| \`vitals.stream.events\` (counter) | \`{event}\` | \`vitals.outcome\` | Events for clients of the stream: sent, dropped, disconnected. |

The OpenTelemetry SDK adds its own \`otel.sdk.*\`.
`;

const tables = BUILT_IN_TYPES.map((type) => {
  const familyOf = ({ instrument, unit, kind }: { instrument: string; unit: string; kind: string }): string =>
    prometheusName(instrument, unit, kind === "duration" ? "histogram" : kind === "counter" ? "counter" : "gauge");
  return `## ${type.name}\n\n${metricTable(type, familyOf)}\n`;
});
const text = [HEAD, ...tables, OURSELVES].join("\n");

if (!process.argv.includes("--check")) writeFileSync(FILE, text);
else if (readFileSync(FILE, "utf8") !== text) {
  console.error("docs/metrics.md is not what the sample types say; run: npm run docs");
  process.exitCode = 1;
}
