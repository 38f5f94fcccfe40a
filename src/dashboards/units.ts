import type { Field } from "../sample/field.ts";

/** Grafana's name of each UCUM unit. */
const UNITS: Readonly<Record<string, string>> = {
  "1": "none",
  "%": "percent",
  s: "s",
  ms: "ms",
  us: "µs",
  ns: "ns",
  min: "m",
  h: "h",
  d: "d",
  By: "bytes",
  KiBy: "kbytes",
  MiBy: "mbytes",
  GiBy: "gbytes",
  TiBy: "tbytes",
  KBy: "deckbytes",
  MBy: "decmbytes",
  GBy: "decgbytes",
  TBy: "dectbytes",
  Hz: "hertz",
  Cel: "celsius",
  V: "volt",
  A: "amp",
  W: "watt",
  J: "joule",
  m: "lengthm",
  g: "massg",
};

/** Whether a field is a share, shown in percent: it ends at 1, or it is a utilization of a limit that can be exceeded for a while. */
export const isShare = ({ unit, max, instrument }: Pick<Field, "unit" | "max" | "instrument">): boolean =>
  unit === "1" && (max === 1 || instrument.endsWith("utilization"));

/** Grafana's unit of a field; for a counter that of its rate. */
export function unitOf(field: Pick<Field, "unit" | "kind" | "max" | "instrument">): string {
  const { unit, kind } = field;
  if (kind === "counter") return perSecond(unit);
  if (isShare(field)) return "percentunit";
  const [amount = "", per] = unit.split("/");
  return per === "s" ? perSecond(amount) : named(unit);
}

function perSecond(unit: string): string {
  if (unit === "By") return "binBps";
  // Seconds per second are a share.
  if (unit === "s") return "percentunit";
  return unit === "1" || isNote(unit) ? "cps" : `suffix: ${unit}/s`;
}

const named = (unit: string): string => (isNote(unit) ? "short" : (UNITS[unit] ?? `suffix: ${unit}`));

/** An annotation such as `{thing}` names what is counted. */
const isNote = (unit: string): boolean => /^\{.*\}$/.test(unit);
