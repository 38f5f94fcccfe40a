import { h } from "../dom.ts";

/** Links to the runbooks of alerts, which the collector serves for those of its own rules, each with a space before it. */
export const runbookLinks = (alerts: readonly string[]): readonly (Node | string)[] =>
  [...new Set(alerts)].flatMap((name) =>
    name.startsWith("Vitals") ? [" ", h("a", { class: "runbook", href: `runbooks/${encodeURIComponent(name)}` }, `Runbook ${name}`)] : [],
  );
