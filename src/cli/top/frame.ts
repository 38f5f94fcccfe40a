import type { EventEntry } from "../../client/event-entries.ts";
import { SIGN } from "../../client/sign.ts";
import { ageText, clockTime } from "../../client/times.ts";
import type { ComponentReport } from "../../client/api.ts";
import type { Status } from "../../health/status.ts";
import type { Line, Span } from "./line.ts";
import type { Breakdown, NumberRow } from "./numbers.ts";
import { sparkline } from "./sparkline.ts";
import { fit, printable, widthOf, wrapped } from "./text.ts";
import { SPARK_MS, type CollectionView, type View } from "./view.ts";

/** Size of a terminal in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Where a frame begins, and whether the view is paused. */
export interface Position {
  /** First line of the body that is visible; beyond the end it is the last page. */
  readonly scroll: number;
  readonly pausedMs?: number | undefined;
}

export interface Frame {
  /** As many as the terminal has rows. */
  readonly lines: readonly Line[];
  /** The scroll that is shown, and the largest there is. */
  readonly scroll: number;
  readonly maxScroll: number;
}

const REASON_LINES = 3;
const EVENTS_OF_REPORT = 10;
const NONE = "–";

/** What fills the screen: the status on top, the newest events and the keys at the bottom, and between them what scrolls. */
export function frameOf(view: View, { columns, rows }: Size, { scroll, pausedMs }: Position): Frame {
  const head = headOf(view, columns, pausedMs);
  const body = bodyOf(view, columns);
  const events = eventLines(view, eventsIn(rows));
  const room = Math.max(0, rows - head.length - events.length - 1);
  const maxScroll = Math.max(0, body.length - room);
  const first = Math.min(Math.max(0, scroll), maxScroll);
  const shown = body.slice(first, first + room);
  const filler = Array.from({ length: Math.max(0, room - shown.length) }, (): Line => []);
  const keys = keysLine(columns, body.length, first, shown.length, pausedMs !== undefined);
  return { lines: [...head, ...shown, ...filler, ...events, keys].slice(0, rows), scroll: first, maxScroll };
}

/** Everything once, for a pipe and a file. */
export const reportOf = (view: View, columns: number): readonly Line[] => [
  ...headOf(view, columns, undefined),
  ...bodyOf(view, columns),
  ...eventLines(view, EVENTS_OF_REPORT),
];

/** How many events a screen has room for. */
const eventsIn = (rows: number): number => (rows < 16 ? 0 : Math.min(8, Math.floor(rows / 6)));

const sign = (status: Status): Span => [SIGN[status], status];

function headOf(view: View, columns: number, pausedMs: number | undefined): readonly Line[] {
  const { status, isOld, service, sinceMs, nowMs, ageMs, problem, summary } = view;
  const shown: Status = isOld ? "unknown" : status;
  const since = isOld ? `was ${status}` : sinceMs === undefined ? "" : `for ${ageText(nowMs - sinceMs)}`;
  const left: Line = [sign(shown), [" "], [isOld ? "no data" : status, "bold"], [" "], [since], ["  "], [service, "dim"]];
  const fresh = ageMs === undefined ? "no sample yet" : isOld ? `no data for ${ageText(ageMs)}` : `last sample ${ageText(ageMs)} ago`;
  const right = pausedMs === undefined ? fresh : `paused at ${clockTime(pausedMs, nowMs)}`;
  const notice: Line =
    problem === undefined
      ? [[`  ${summary}`]]
      : [
          ["! ", "critical"],
          [problem, "bold"],
        ];
  return [spread(left, [[right, isOld || pausedMs !== undefined ? "bold" : "dim"]], columns), notice, []];
}

/** Two lines in one, the second at the right edge; without it where there is no room. */
function spread(left: Line, right: Line, columns: number): Line {
  const gap = columns - lengthOf(left) - lengthOf(right);
  return gap < 2 ? left : [...left, [" ".repeat(gap)], ...right];
}

const lengthOf = (line: Line): number => line.reduce((sum, [text]) => sum + widthOf(printable(text)), 0);

function bodyOf(view: View, columns: number): readonly Line[] {
  const { incidents, healthy, healthyInternals } = view;
  const width = Math.max(0, ...healthy.map(({ component }) => widthOf(printable(component))));
  const old: readonly Line[] = view.isOld && view.ageMs !== undefined ? [[[`as it was ${ageText(view.ageMs)} ago:`, "dim"]]] : [];
  const folded: Line = [sign("healthy"), [` ${healthyInternals.join(", ")}`], ["  healthy", "dim"]];
  const components = [
    ...incidents.flatMap((each) => incidentLines(each, view, columns)),
    ...healthy.map(({ component, reason }): Line => [sign("healthy"), [` ${fit(printable(component), width)}  `], [reason, "dim"]]),
    ...(healthyInternals.length === 0 ? [] : [folded]),
  ];
  return [
    ...old,
    ...(view.isOld ? components.map(faded) : components),
    ...view.collections.flatMap((each) => [[], ...collectionLines(each, view.nowMs, columns)]),
  ];
}

/** The same line in no other tone than that of old data. */
const faded = (line: Line): Line => line.map(([text]) => [text, "dim"]);

function incidentLines(
  { component, status, since, reason, affectsOverall }: ComponentReport,
  { nowMs }: View,
  columns: number,
): readonly Line[] {
  const age = ageText(nowMs - Date.parse(since));
  const aside = affectsOverall ? "" : ", informational";
  const title: Line = [sign(status), [" "], [component, "bold"], [` ${status}`, status], [` for ${age}${aside}`, "dim"]];
  return [title, ...wrapped(printable(reason), columns - 2, REASON_LINES).map((text): Line => [[`  ${text}`]])];
}

function collectionLines(
  { name, status, facts, newest, isFailing, isOld, numbers }: CollectionView,
  nowMs: number,
  columns: number,
): readonly Line[] {
  const heading: Line = [
    sign(isOld ? "unknown" : status),
    [" "],
    [name, "bold"],
    [`  ${facts} · `, "dim"],
    [newest, isFailing ? "bold" : "dim"],
  ];
  return [heading, ...singleLines(numbers.single, nowMs, columns), ...numbers.breakdowns.map((each) => breakdownLine(each, columns))];
}

/** In columns that are read from top to bottom. */
function singleLines(numbers: readonly NumberRow[], nowMs: number, columns: number): readonly Line[] {
  const count = columns >= 120 ? 3 : columns >= 72 ? 2 : 1;
  const width = Math.max(0, Math.floor(columns / count) - 2);
  const valueWidth = Math.min(Math.floor(width / 2), Math.max(6, ...numbers.map(({ value = NONE }) => widthOf(value))));
  const rows = Math.ceil(numbers.length / count);
  return Array.from({ length: rows }, (_, row): Line =>
    Array.from({ length: count }, (__, column) => numbers[column * rows + row]).flatMap((each) =>
      each ? [["  "] as const, ...numberCell(each, nowMs, width, valueWidth)] : [],
    ),
  );
}

/** One number in exactly `width` cells: title, value, and the last minutes. */
function numberCell({ title, value, dots, cadence }: NumberRow, nowMs: number, width: number, valueWidth: number): Line {
  const spark = Math.min(30, Math.floor(width / 4));
  const titleWidth = Math.max(0, width - valueWidth - spark - 2);
  const range = { fromMs: nowMs - SPARK_MS, toMs: nowMs };
  return [
    [fit(printable(title), titleWidth), "dim"],
    [` ${fit(value ?? NONE, valueWidth, "right")} `],
    [spark === 0 ? "" : sparkline(dots, range, spark, cadence), "dim"],
  ];
}

/** As many parts as there is room for. */
function breakdownLine({ title, parts }: Breakdown, columns: number): Line {
  const titleWidth = Math.min(24, Math.floor(columns / 3));
  let room = columns - titleWidth - 2;
  const shown: Span[] = [];
  for (const { name, value } of parts) {
    const gap = shown.length === 0 ? " " : "  ";
    const label = `${printable(name)} `;
    room -= gap.length + widthOf(label) + widthOf(value);
    // Room for the ellipsis is left; the first part is cut instead.
    if (room < 3 && shown.length > 0) {
      shown.push(["  …", "dim"]);
      break;
    }
    shown.push([gap], [label, "dim"], [value]);
  }
  return [[`  ${fit(printable(title), titleWidth)}`, "dim"], ...shown];
}

function eventLines({ events, nowMs }: View, most: number): readonly Line[] {
  if (most === 0) return [];
  const lines = events.slice(0, most).map((event) => eventLine(event, nowMs));
  return [[], ...(lines.length === 0 ? [[["no events yet", "dim"]] as const] : lines)];
}

const eventLine = ({ timeMs, status, what, reason }: EventEntry, nowMs: number): Line => [
  [`${clockTime(timeMs, nowMs)} `, "dim"],
  sign(status),
  [` ${what}`],
  [reason === "" ? "" : `: ${reason}`, "dim"],
];

function keysLine(columns: number, lines: number, first: number, shown: number, isPaused: boolean): Line {
  const left: Line = [[`q quit · p ${isPaused ? "resume" : "pause"}${shown < lines ? " · j k scroll" : ""}`, "dim"]];
  const right: Line = shown < lines ? [[`lines ${first + 1}–${first + shown} of ${lines}`, "dim"]] : [];
  return spread(left, right, columns);
}
