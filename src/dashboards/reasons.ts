import { BY_COLLECTION, COLLECTION, OUTCOME, OWN, SOURCE } from "./own-metrics.ts";
import { sumBy } from "./promql.ts";

/** Outcomes that explain nothing: a success, a source without data so far, a breaker that rejects, a tick that had no turn. */
const NO_REASON = "success|waiting|rejected|missed";

/** A sentence with the failures of the alert's collection by outcome and type of error, as a template of Prometheus; empty without failures. */
export const reasonsOfCollection = (window: string): string =>
  sentence(window, `increase(${OWN.ticks}{job=%q, instance=%q, ${COLLECTION}=%q, ${OUTCOME}!~%q}[${window}])`, [
    "$labels.job",
    "$labels.instance",
    `$labels.${COLLECTION}`,
    `"${NO_REASON}"`,
  ]);

/** The same of all collections that read the alert's source. */
export const reasonsOfSource = (window: string): string =>
  sentence(
    window,
    `increase(${OWN.ticks}{job=%q, instance=%q, ${OUTCOME}!~%q}[${window}]) and on (${BY_COLLECTION.join(", ")}) ${OWN.interval}{${SOURCE}=%q}`,
    ["$labels.job", "$labels.instance", `"${NO_REASON}"`, `$labels.${SOURCE}`],
  );

/** The threshold of the alert's collection, likewise. */
export const slowThreshold = (): string =>
  `{{ with query (printf "${OWN.slow}{job=%q, instance=%q, ${COLLECTION}=%q}" $labels.job $labels.instance $labels.${COLLECTION}) }} of {{ . | first | value | humanizeDuration }}{{ end }}`;

/** The template runs the query when the alert is evaluated. `printf` quotes the labels, whose values may contain anything. */
function sentence(window: string, failures: string, values: readonly string[]): string {
  const query = `sort_desc(round(${sumBy([OUTCOME, "error_type"], failures)}) > 0)`;
  const each = `{{ if $n }}, {{ end }}{{ .Value }} {{ .Labels.${OUTCOME} }}{{ with .Labels.error_type }} ({{ . }}){{ end }}`;
  return `{{ with query (printf \`${query}\` ${values.join(" ")}) }} Failures over ${window}: {{ range $n, $each := . }}${each}{{ end }}.{{ end }}`;
}
