import { duration } from "../base/quantity.ts";
import type { AlertTime, ComparedAlert, Comparison, FiringAlert } from "../rule-simulation/comparison.ts";

/** Columns of a terminal that the report fits into. */
const WIDTH = 80;

/** A difference in time that is shown, in milliseconds. */
const SHOWN_MS = 1_000;

/** Whether the configuration would do what happened. */
export const isSame = ({ alerts }: Comparison): boolean => alerts.every(({ would, did }) => would !== undefined && did !== undefined);

/** A comparison for people: what was replayed, a table in order of time, a summary, and what is not replayed. */
export function linesOf(comparison: Comparison): readonly string[] {
  const { alerts, notes, notReplayed } = comparison;
  const rows = alerts.flatMap(rowOf);
  return [
    ...headOf(comparison),
    ...notes.flatMap((note) => wrapped(note, "  ")),
    "",
    ...firingLines(comparison),
    ...(rows.length === 0 ? [] : [columns("time", "would", "did", "severity", "alert"), ...rows, ""]),
    ...summaryOf(comparison).flatMap((line) => wrapped(line, "  ", "")),
    "",
    "not replayed:",
    ...notReplayed.flatMap(({ fired, what, why }) =>
      wrapped(`${what}: ${why}${fired === 0 ? "" : `; fired ${times(fired)}`}`, "    ", "  "),
    ),
  ];
}

function headOf({ collections, firstMs, fromMs, samples, toMs }: Comparison): readonly string[] {
  const warmUp = fromMs > firstMs ? `; windows fill from ${clock(firstMs)}` : "; windows are empty at first";
  const range = `${iso(fromMs).slice(0, 10)}, ${clock(fromMs)} to ${clock(toMs)} UTC (${duration(toMs - fromMs)})${warmUp}`;
  const of = collections.length === 0 ? "no collection of the configuration" : collections.join(", ");
  return [...wrapped(range, "  ", ""), ...wrapped(`${samples} samples of ${of}`, "  ", "")];
}

function firingLines({ firing: { did, would } }: Comparison): readonly string[] {
  if (did.length === 0 && would.length === 0) return [];
  const text = `firing at the start: ${did.length === 0 ? "nothing" : namesOf(did)}`;
  const wouldBe = namesOf(would) === namesOf(did) ? "" : `; would be firing: ${would.length === 0 ? "nothing" : namesOf(would)}`;
  return [...wrapped(text + wouldBe, "  ", ""), ""];
}

function rowOf({ alert, component, did, event, severity, shown, would }: ComparedAlert): readonly string[] {
  const isMoved = would !== undefined && did !== undefined && Math.abs(would.atMs - did.atMs) >= SHOWN_MS;
  const other = did === undefined ? "-" : isMoved ? clock(did.atMs) : event;
  const row = (name: string): string => columns(clock(shown.atMs), would ? event : "-", other, severity, name);
  const fits = row(alert).length <= WIDTH;
  const rest = `${fits ? "" : `${alert} of `}${component}: ${shown.reason}`;
  return [fits ? row(alert) : row("").trimEnd(), ...wrapped(rest, "          ")];
}

const columns = (time: string, would: string, did: string, severity: string, name: string): string =>
  `${time.padEnd(8)}  ${would.padEnd(8)}  ${did.padEnd(8)}  ${severity.padEnd(8)}  ${name}`;

/** Counts of a comparison. */
interface Counts {
  readonly would: number;
  readonly did: number;
  readonly asBefore: number;
}

function countsOf(alerts: readonly ComparedAlert[], event: ComparedAlert["event"]): Counts {
  const own = alerts.filter((each) => each.event === event);
  const count = (fits: (each: ComparedAlert) => boolean): number => own.filter(fits).length;
  return {
    would: count(({ would }) => would !== undefined),
    did: count(({ did }) => did !== undefined),
    asBefore: count(({ would, did }) => would !== undefined && did !== undefined),
  };
}

function summaryOf({ alerts }: Comparison): readonly string[] {
  if (alerts.length === 0) return ["no alert would fire or resolve, and none did"];
  return (["fired", "resolved"] as const).flatMap((event) => {
    const { asBefore, did, would } = countsOf(alerts, event);
    const verb = event === "fired" ? "fire" : "resolve";
    const added = alerts.filter((each) => each.event === event && each.did === undefined);
    const missing = alerts.filter((each) => each.event === event && each.would === undefined);
    const parts = [`${asBefore} as before`, ...(added.length === 0 ? [] : [`${added.length} new: ${namesOf(added)}`])];
    return [
      `would ${verb} ${times(would)}${would === 0 ? "" : `: ${parts.join(", ")}`}`,
      ...(missing.length === 0 ? [] : [`of ${did} that ${event}, ${missing.length} would not: ${namesOf(missing)}`]),
    ];
  });
}

function namesOf(alerts: readonly FiringAlert[]): string {
  const groups = Map.groupBy(alerts, ({ alert, component }) => `${alert} of ${component}`);
  const described = [...groups].flatMap(([name, own]) =>
    [...Map.groupBy(own, ({ severity }) => severity)].map(
      ([severity, { length }]) => `${name} (${severity}${length === 1 ? "" : `, ${times(length)}`})`,
    ),
  );
  return described.toSorted().join(", ");
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

const iso = (ms: number): string => new Date(ms).toISOString();

/** The time of day, UTC. */
const clock = (ms: number): string => iso(ms).slice(11, 19);

/** Lines of words within the width. A longer word has a line of its own. */
function wrapped(text: string, indent: string, first = indent): readonly string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(/\s+/)) {
    const isStart = line.trim() === "";
    if (!isStart && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line = isStart ? line + word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A comparison as JSON: times are ISO 8601. */
export function jsonOf(comparison: Comparison): object {
  const { alerts, collections, firing, firstMs, fromMs, notes, notReplayed, samples, toMs } = comparison;
  const timed = (time: AlertTime | undefined): object | null => (time ? { time: iso(time.atMs), reason: time.reason } : null);
  return {
    same: isSame(comparison),
    from: iso(fromMs),
    to: iso(toMs),
    windowsFrom: iso(firstMs),
    samples,
    collections,
    fired: countsOf(alerts, "fired"),
    resolved: countsOf(alerts, "resolved"),
    firing,
    alerts: alerts.map(({ alert, component, did, event, severity, would }) => ({
      alert,
      component,
      severity,
      event,
      would: timed(would),
      did: timed(did),
    })),
    notReplayed,
    notes,
  };
}
