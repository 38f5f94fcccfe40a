import type { Field } from "./field.ts";
import type { SampleType } from "./sample-type.ts";

const INSTRUMENT_OF: Readonly<Record<Field["kind"], string>> = {
  gauge: "gauge",
  counter: "counter",
  up_down_counter: "up-down counter",
  duration: "histogram",
  total: "none: the sum of",
};

/** A sample type as a Markdown table with a row for each field, in the order of the type. @param familyOf returns a field's name on `/metrics` */
export function metricTable(type: SampleType, familyOf: (field: Field) => string): string {
  const rows = Object.entries(type.fields).map(([key, field]) => {
    const name =
      field.kind === "total" ? `${INSTRUMENT_OF.total} \`${field.sums}\`` : `\`${field.instrument}\` (${INSTRUMENT_OF[field.kind]})`;
    const family = field.kind === "total" ? "" : `\`${familyOf(field)}\``;
    const by = field.by.map(({ attribute, limit, values }) => `\`${attribute}\`${values ? "" : ` (${limit})`}`).join(", ");
    return [`\`${key}\``, name, `\`${field.unit}\``, by, family, field.description ?? ""].join(" | ");
  });
  return [
    "| field | instrument | unit | split by | on `/metrics` | meaning |",
    "|---|---|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}
