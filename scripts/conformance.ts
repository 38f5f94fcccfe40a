/**
 * Compares the metrics that Prometheus gets by scraping us with those it gets by OTLP: an OpenTelemetry Collector, built here with its
 * official builder, receives our OTLP and serves it with its Prometheus exporter. Names, types, help and values must equal our /metrics.
 * A counter that restarts, scraped and pushed at different cadences, must be right in both readers.
 *
 * Run it with: npm run conformance. It needs a Go toolchain, and some minutes the first time.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { buildCollector } from "./conformance/build-collector.ts";
import { differences, type Explained } from "./conformance/compare.ts";
import { parseExposition } from "./conformance/exposition.ts";
import { faultsOf, restart, TOTALS, type Cadence } from "./conformance/restart.ts";
import { play, type Round } from "./conformance/round.ts";

const COMPOSE_CONFIG = fileURLToPath(new URL("../deploy/compose/otelcol.yaml", import.meta.url));

const ROUNDS: readonly Round[] = [
  { encoding: "json", compression: "none" },
  { encoding: "json", compression: "gzip" },
  { encoding: "protobuf", compression: "none" },
  { encoding: "protobuf", compression: "gzip" },
];

const ALWAYS = [0, 1, 2, 3, 4, 5];

/** How often a counter that restarts is scraped and pushed: the indexes of the measurements after which each reader collects. */
const CADENCES: readonly Cadence[] = [
  { name: "scraped always, pushed seldom", temporality: "cumulative", scrapes: ALWAYS, pushes: [0, 2, 5] },
  { name: "scraped always, pushed twice", temporality: "cumulative", scrapes: ALWAYS, pushes: [0, 5] },
  { name: "scraped once, pushed always", temporality: "cumulative", scrapes: [5], pushes: ALWAYS },
  { name: "scraped always, pushed seldom", temporality: "delta", scrapes: ALWAYS, pushes: [1, 5] },
];

/** Labels that name the origin of a series: one side adds them, and the comparison ignores them. */
const ADDED_LABELS = new Set([
  "job",
  "instance",
  "service_name",
  "service_instance_id",
  "otel_scope_name",
  "otel_scope_version",
  "otel_scope_schema_url",
]);

/** Expected differences, each with its reason. */
const EXPLAINED: readonly Explained[] = [
  { pattern: /^label (job|instance): only theirs$/, reason: "Prometheus itself adds them to what it scrapes" },
  { pattern: /^label service_(name|instance_id): only ours$/, reason: "of target_info alone; in a push they become job and instance" },
  { pattern: /^label otel_scope_\w+: only theirs$/, reason: "our scrapes carry no scope (docs/decisions/0009)" },
  {
    pattern: /^sample otel_sdk_metric_reader_collection_duration_seconds_\w+\{.*prometheus_http_text_metric_exporter.*: only ours$/,
    reason: "the SDK makes a reader's own instrument before the next reader is there, which then does not get it",
  },
  { pattern: /^value of vitals_clock_time_seconds/, reason: "the clock advances between the two readings" },
];

const print = (line: string): void => console.log(line);

let unexplained = 0;
const otelcol = buildCollector(print);
const version = spawnSync(otelcol, ["--version"], { encoding: "utf8" }).stdout.trim();
print(`the Collector is ${version}`);
const { status, stderr } = spawnSync(otelcol, ["validate", "--config", COMPOSE_CONFIG], { encoding: "utf8" });
print(`deploy/compose/otelcol.yaml: ${status === 0 ? "valid" : stderr.trim()}`);
if (status !== 0) unexplained += 1;
for (const round of ROUNDS) {
  const { ours, theirs } = await play(otelcol, round);
  const [our, their] = [parseExposition(ours, ADDED_LABELS), parseExposition(theirs, ADDED_LABELS)];
  const samples = [...our.families.values()].reduce((sum, family) => sum + family.samples.size, 0);
  const all = differences(our, their, EXPLAINED);
  const open = all.filter(({ reason }) => reason === undefined);
  unexplained += open.length + (samples === 0 ? 1 : 0);
  print(
    `\n${round.encoding}, ${round.compression}: ${our.families.size} families, ${samples} samples, ${all.length} differences, ${open.length} unexplained`,
  );
  for (const { what, reason } of all) print(`  ${reason === undefined ? "✖" : "●"} ${what}${reason === undefined ? "" : `: ${reason}`}`);
}
print(`\na counter that restarts: ${TOTALS.join(", ")}`);
for (const cadence of CADENCES) {
  const result = await restart(otelcol, cadence);
  const faults = faultsOf(result, cadence);
  unexplained += faults.length;
  const pushed = result.pushed.map(({ value }) => value).join(", ");
  const movedMs = ((result.pushed.at(-1)?.start ?? 0) - (result.pushed[0]?.start ?? 0)) * 1_000;
  const readers = `scraped ${result.ours}, pushed ${pushed} (start time ${movedMs.toFixed(0)} ms later), the Collector shows ${result.theirs}`;
  print(`  ${faults.length === 0 ? "●" : "✖"} ${cadence.temporality}, ${cadence.name}: ${[readers, ...faults].join("; ")}`);
}
print(unexplained === 0 ? "\none dashboard serves scrape and push" : `\n${unexplained} unexplained`);
process.exit(unexplained === 0 ? 0 : 1);
