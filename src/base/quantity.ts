/** What else is known of a number, besides its unit. */
export interface Format {
  /** Largest value there can be: a number without a unit that ends at 1 is a share, shown in percent. Default: none. */
  readonly max?: number | undefined;
  /** The number was set by a person, such as a threshold: every digit of it is shown. Default: rounded. */
  readonly isExact?: boolean;
}

/**
 * A number with its unit for people: `12.3 ms`, `2.1 GiB`, `89.4 %`, `3m 58s`, `1,234`, `0.80`, `8.1 MiB/s`.
 *
 * - Whole numbers are shown whole, others with one decimal below 100, and with two significant digits below 1.
 * - Numbers of unit `1` have two decimals below 10. They are shares, and shown in percent, where `max` is 1; a threshold that a person
 *   wrote as 0.80 has no `max` and stays 0.80.
 * - UCUM never shows: `By` becomes B to TiB, times below a minute µs to s, notes in braces nothing (`{node}`) or a word (`By/{query}`).
 * - Seconds per second are a share of one CPU, in percent.
 * - A flag (`{flag}`) is yes or no.
 *
 * @param unit UCUM, such as `s`, `By`, `1`, `{node}`, `By/s`
 */
export function quantity(value: number, unit: string, { max, isExact = false }: Format = {}): string {
  if (unit === "{flag}" && (value === 0 || value === 1)) return value === 1 ? "yes" : "no";
  const [over, per] = partsOf(unit);
  const seconds = per === "" && TIMES[over] !== undefined ? value * TIMES[over] : 0;
  if (Math.abs(seconds) >= 60 * ROUNDED) return `${value < 0 ? "-" : ""}${duration(Math.abs(seconds) * 1_000)}`;
  const { size, name } = scaleOf(value, unit, max);
  return withName(numberOf(value / size, unit === "1" && name === "" ? 2 : 1, isExact), name);
}

/** Whether two numbers read as the same one once they are rounded for people: 1.0004 (`1.00`) and 1 (`1`) do. */
export const readsLike = (value: number, other: number, unit: string): boolean =>
  bare(quantity(value, unit)) === bare(quantity(other, unit));

/** A share of 1 in percent: `89.4 %`. */
export const percent = (share: number): string => quantity(share, "1", { max: 1 });

/** A number of things: `1 edge`, `1,234 edges`. */
export const counted = (count: number, noun: string): string => `${quantity(count, "")} ${noun}${count === 1 ? "" : "s"}`;

/**
 * A length of time for people: whole seconds as a configuration writes them, in their two largest parts (`30s`, `3m 58s`, `2h 5m`, `5d 2h`);
 * below ten seconds, where it is not whole, a number and its unit (`250 ms`, `1.2 s`). Negative ones are `0s`.
 */
export function duration(ms: number): string {
  if (ms > 0 && ms < 999.5) return `${numberOf(ms, 1)} ms`;
  const tenths = Math.round(ms / 100);
  if (ms > 0 && tenths < 100 && tenths % 10 !== 0) return `${tenths / 10} s`;
  const seconds = Math.max(0, Math.round(ms / 1_000));
  let rest = seconds * UNIT_MS.s;
  const parts = (["d", "h", "m", "s"] as const).map((unit) => {
    const count = Math.floor(rest / UNIT_MS[unit]);
    rest -= count * UNIT_MS[unit];
    return [count, unit] as const;
  });
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0s";
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count}${unit}`).join(" ");
}

/** The units that lengths of time are written in, in milliseconds. */
export const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How a length of time is written: parts from the largest unit to the smallest, such as `30s`, `1.5h` or `1m30s`. */
export const DURATION =
  /^(?=\d)(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/** The units of `DURATION`, in its order. */
const DURATION_UNITS = ["d", "h", "m", "s", "ms"] as const;

/** A length of time written as `500ms`, `30s`, `1m30s`, `1h` or `1d`, in milliseconds; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const ms = DURATION_UNITS.reduce((sum, unit, n) => sum + Number(match[n + 1] ?? 0) * UNIT_MS[unit], 0);
  // Without the noise of a sum of fractions, such as 1.1s.
  return Number(ms.toPrecision(15));
}

/** A unit for people: what a number is divided by, and what stands behind it. */
export interface Scale {
  readonly size: number;
  readonly name: string;
}

/** The unit in which a number is shown to people, so that numbers beside each other can share that of the largest. */
export function scaleOf(value: number, unit: string, max?: number): Scale {
  const [over, per] = partsOf(unit);
  if ((over === "" && per === "" && max === 1) || (over === "s" && per === "/s")) return { size: 0.01, name: "%" };
  const time = TIMES[over];
  const bytes = BYTES[over];
  if (time !== undefined) return scaled(value * time, SECONDS, per, time);
  if (bytes !== undefined) return scaled(value * bytes, SIZES, per, bytes);
  return { size: 1, name: `${over === "Cel" ? "°C" : over}${per}` };
}

/** Puts a number and the name of its scale together. */
export const withName = (number: string, name: string): string =>
  name === "" || name.startsWith("/") ? number + name : `${number} ${name}`;

/** Without zeros that end the decimals. */
const bare = (text: string): string => text.replace(/\.0+(?=\D|$)|(?<=\.\d*[1-9])0+(?=\D|$)/, "");

/** Units of UCUM that are lengths of time, in seconds. */
const TIMES: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9, min: 60, h: 3_600, d: 86_400 };
/** Units of UCUM that are sizes, in bytes. */
const BYTES: Readonly<Record<string, number>> = { By: 1, kBy: 1e3, KiBy: 1024, MBy: 1e6, MiBy: 1024 ** 2, GBy: 1e9, GiBy: 1024 ** 3 };

const SECONDS: readonly Scale[] = [
  { size: 1, name: "s" },
  { size: 1e-3, name: "ms" },
  { size: 1e-6, name: "µs" },
];
const SIZES: readonly Scale[] = ["TiB", "GiB", "MiB", "KiB", "B"].map((name, n) => ({ size: 1024 ** (4 - n), name }));

/** A number that rounds up to the next larger unit is shown in that unit: 1.0 s, not 1,000 ms. */
const ROUNDED = 0.9995;

function scaled(value: number, scales: readonly Scale[], per: string, factor: number): Scale {
  const last = scales.at(-1) as Scale;
  const found = value === 0 ? scales.find(({ size }) => size === 1) : scales.find(({ size }) => Math.abs(value) >= size * ROUNDED);
  const { size, name } = found ?? last;
  return { size: size / factor, name: name + per };
}

/** What is measured, and what it is measured against: `{query}/s` is `""` and `/s`, `By/{query}` is `By` and `/query`. */
function partsOf(unit: string): readonly [over: string, per: string] {
  const slash = unit.indexOf("/");
  const over = (slash === -1 ? unit : unit.slice(0, slash)).replaceAll(/\{.*?\}/g, "");
  return [over === "1" ? "" : over, slash === -1 ? "" : unit.slice(slash).replaceAll(/\{(.*?)\}/g, "$1")];
}

function numberOf(value: number, decimals: number, isExact = false): string {
  const exact = Number(value.toPrecision(12)); // without the noise of a division
  const size = Math.abs(exact);
  if (!Number.isFinite(exact)) return String(exact);
  if (size > 0 && size < 1e-6) return exact.toExponential(1);
  const needed = String(exact).split(".")[1]?.length ?? 0;
  const usual = needed === 0 ? 0 : Math.max(decimalsOf(size, decimals), isExact ? needed : 0);
  const [whole = "", fraction] = exact.toFixed(usual).split(".");
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction.replace(/(?<=..)0+$/, "")}`;
}

/** Decimals of a number that is not whole; from 1 to 10 these are `decimals`. */
function decimalsOf(size: number, decimals: number): number {
  if (size >= 99.95) return 0;
  if (size >= 9.995) return 1;
  if (size >= 0.995) return decimals;
  return Math.max(2, 1 - Math.floor(Math.log10(size)));
}

/** UCUM units of a share. */
const SHARES: Readonly<Record<string, number>> = { "1": 1, "%": 0.01 };

/** What a number in one UCUM unit is multiplied by to be in another, such as 0.001 from `ms` to `s`; undefined where neither contains the other. */
export function conversion(from: string, to: string): number | undefined {
  if (from === to) return 1;
  const [over, per] = partsOf(from);
  const [otherOver, otherPer] = partsOf(to);
  if (per !== otherPer) return undefined;
  for (const units of [TIMES, BYTES]) {
    const [size, other] = [units[over], units[otherOver]];
    if (size !== undefined && other !== undefined) return Number((size / other).toPrecision(15));
  }
  const [share, otherShare] = [SHARES[from], SHARES[to]];
  return share === undefined || otherShare === undefined ? undefined : share / otherShare;
}
