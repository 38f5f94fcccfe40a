/** Writes docs/metrics.md from the sample types and docs/api.md from the OpenAPI document; with --check only says whether they are up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { BUILT_IN_TYPES } from "../src/collector/kinds.ts";
import { openApiDocument } from "../src/http/api/document.ts";
import { metricTable } from "../src/sample/metric-table.ts";
import { prometheusName } from "../src/telemetry/names.ts";
import { apiReference } from "./api-reference.ts";

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
| \`vitals.collection.interval\` (gauge) | \`s\` | \`vitals.collection.name\`, \`vitals.source.name\` | Time between two ticks, and the source that is read. |
| \`vitals.collection.up\` (gauge) | \`{state}\` | \`vitals.collection.name\` | 1 when the newest tick succeeded within three intervals. |
| \`vitals.collection.last_success.time\` (gauge) | \`s\` | \`vitals.collection.name\` | Unix time of the newest successful tick. |
| \`vitals.buffer.samples\`, \`vitals.buffer.size\` (gauges) | \`{sample}\`, \`By\` | \`vitals.collection.name\` | What is retained. |
| \`vitals.series.refused\` (counter) | \`{point}\` | \`vitals.collection.name\` | Numbers that got no series of their own because their axis was full. |
| \`vitals.buffer.refused\` (counter) | \`{point}\` | \`vitals.collection.name\` | Numbers beyond 1e150, which windows do not keep. |
| \`vitals.validation.violations\` (counter) | \`{reading}\` | \`vitals.collection.name\`, \`vitals.check.name\` | Readings that broke a check. |
| \`vitals.breaker.status\` (gauge) | \`{breaker}\` | \`vitals.source.name\`, \`vitals.breaker.state\` | 1 for the state a source's breaker is in, 0 for the others. |
| \`vitals.component.status\` (gauge) | \`{component}\` | \`vitals.component.name\`, \`vitals.component.status\` | 1 for the status a component has; \`overall\` is the whole. |
| \`vitals.component.transitions\` (counter) | \`{transition}\` | \`vitals.component.name\`, \`vitals.component.status\` | Changes of status, by the status entered. |
| \`vitals.alert.active\` (gauge) | \`{alert}\` | \`vitals.alert.severity\` | Alerts that are firing. |
| \`vitals.alert.notifications\` (counter) | \`{notification}\` | \`vitals.sink.name\`, \`vitals.outcome\` | Alerts, and transitions where it takes them, that a sink was sent, by what became of them: success, failed, dropped. |
| \`vitals.alert.suppressed\` (counter) | \`{notification}\` | \`vitals.suppression.reason\`, \`vitals.component.name\` | Fires and resolves that were not told: by a \`hold\` time of that component, or \`inhibited\` by another alert. |
| \`vitals.health.round.duration\` (histogram) | \`s\` | | Time that a full assessment of all components takes. |
| \`vitals.clock.time\` (gauge) | \`s\` | | Unix time by the process's clock when the metrics were collected; shows a clock that drifts. |
| \`vitals.stream.clients\` (gauge) | \`{client}\` | | Clients of the event stream. |
| \`vitals.stream.events\` (counter) | \`{event}\` | \`vitals.outcome\` | Events for clients of the stream: sent, dropped, disconnected. |

The OpenTelemetry SDK adds its own \`otel.sdk.*\`.
`;

const tables = BUILT_IN_TYPES.map((type) => {
  const familyOf = ({ instrument, unit, kind }: { instrument: string; unit: string; kind: string }): string =>
    prometheusName(instrument, unit, kind === "duration" ? "histogram" : kind === "counter" ? "counter" : "gauge");
  return `## ${type.name}\n\n${metricTable(type, familyOf)}\n`;
});
const API_HEAD = `# The API

Written by \`npm run docs\` from the schemas that queries are parsed by and that answers are held to (\`src/http/\`); do not edit it by
hand. A collector serves the same as an OpenAPI 3.1 document at \`/openapi.json\`, where samples and windows have a schema for each
collection that it has, from the fields of its sample type. What those of the built-in types are is in [metrics.md](metrics.md).

- **Where.** \`http://127.0.0.1:9464\` unless the configuration says otherwise, or below the path where a program has mounted
  \`createApp\`.
- **Who may ask.** Anyone on this machine; where the configuration has a token, who sends it as \`Authorization: Bearer\`. Without it the
  probes and \`/health\` tell a status and nothing else. Where names are checked, a foreign Host is refused, but for probes and \`/metrics\`.
- **What is wrong** is told as a problem (RFC 9457); [problems.md](problems.md) says what each means. A parameter that is not known, or
  given twice, is wrong; probes and \`/metrics\` pass over what they do not know.
- **What can be kept** has a weak ETag, and \`If-None-Match\` brings 304 where it is the same: \`/openapi.json\`, the alerts, the history.
  Everything else changes each moment, and is not to be stored.
- **Other origins.** There are no CORS headers. A page asks from the origin that serves it: mount \`createApp\` in the service that has the
  page, or put a proxy before both.
- **Types** of every answer, for clients in TypeScript: \`import type { AggregatesAnswer, StreamEvents } from "otel-vitals/http"\`.
- **Examples** that run, and that CI runs: [curl](../examples/clients/curl.sh), [Node](../examples/clients/node.ts),
  [a page](../examples/clients/browser.html) and [what serves it](../examples/clients/browser.ts).
`;

const FILES = {
  "metrics.md": [HEAD, ...tables, OURSELVES].join("\n"),
  "api.md": `${API_HEAD}\n${apiReference(openApiDocument([], true))}\n`,
};
for (const [name, text] of Object.entries(FILES)) {
  const file = new URL(`../docs/${name}`, import.meta.url);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`docs/${name} is not what the code says; run: npm run docs`);
    process.exitCode = 1;
  }
}
