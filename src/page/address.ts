import type { Range } from "../client/columns.ts";
import type { LinkedTime } from "./view-range.ts";

/** What a link to the page opens, kept in the fragment of its URL. */
export interface Address {
  /** A time with the minute before and after. */
  readonly linked?: LinkedTime | undefined;
  /** A range of time instead of a window that ends now. */
  readonly range?: Range | undefined;
  /** The one collection that the page shows. */
  readonly collection?: string | undefined;
  /** The chart of that collection to scroll to. */
  readonly chart?: string | undefined;
  /** Text that shown collections or their fields contain. */
  readonly find?: string | undefined;
  /** Whether only collections that are not healthy are shown. */
  readonly onlyProblems?: boolean;
}

/** A link relative to the page: `#` alone for an empty address. */
export function linkTo({ linked, range, collection, chart, find, onlyProblems }: Address): string {
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["collection", collection],
    ["chart", chart],
    ["find", find === "" ? undefined : find],
    ["only", onlyProblems === true ? "problems" : undefined],
    ["time", linked && isoOf(linked.atMs)],
    ["event", linked?.event],
    ["from", range && isoOf(range.fromMs)],
    ["to", range && isoOf(range.toMs)],
  ];
  return `#${fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${escaped(value)}`])).join("&")}`;
}

/** The address in a URL fragment. What is not valid in it is left out. */
export function parseAddress(fragment: string): Address {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const text = (name: string): string | undefined => fields.get(name) || undefined;
  const timeOf = (name: string): number => Date.parse(fields.get(name) ?? "");
  const [atMs, fromMs, toMs] = [timeOf("time"), timeOf("from"), timeOf("to")];
  const event = text("event");
  const { collection, chart, find } = { collection: text("collection"), chart: text("chart"), find: text("find") };
  return {
    ...(Number.isNaN(atMs) ? {} : { linked: event === undefined ? { atMs } : { atMs, event } }),
    ...(fromMs < toMs ? { range: { fromMs, toMs } } : {}),
    ...(collection === undefined ? {} : { collection }),
    ...(chart === undefined ? {} : { chart }),
    ...(find === undefined ? {} : { find }),
    ...(fields.get("only") === "problems" ? { onlyProblems: true } : {}),
  };
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Colons and slashes stay readable, since a fragment may contain them. */
const escaped = (value: string): string => encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%2F", "/");
