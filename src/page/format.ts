/** What a number measures. */
export interface Unit {
  readonly unit: string;
  /** Largest value there can be; a number without a unit that ends at 1 is a share. */
  readonly max?: number;
  /** Growth of it per second. */
  readonly isRate?: boolean;
}

/** Said where there is no number. */
export const NONE = "–";

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"];
const DECIMAL = ["", "k", "M", "G"];

/** A number with its unit, in about three digits: `12.3 %`, `23.5 GiB`, `3.2 ms`, `1.24 k`, `8.1 MiB/s`. */
export function formatValue(value: number | null | undefined, { unit, max, isRate = false }: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (isRate && unit === "s") return `${digits(value * 100)} %`; // seconds per second: so many CPUs
  const told =
    unit === "By" ? bytes(value) : unit === "s" ? seconds(value) : unit === "1" && max === 1 ? percent(value) : plain(value, unit);
  return isRate ? `${told}/s` : told;
}

/** Numbers beside an axis: all in one unit, with as many digits as tell them apart. */
export function formatTicks(values: readonly number[], unit: Unit): readonly string[] {
  const largest = Math.max(...values.map(Math.abs));
  const [size, name] = tickScale(largest, unit);
  const step = Math.abs((values[1] ?? largest) - (values[0] ?? 0)) / size;
  const digits = step === 0 ? 0 : Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return values.map((value) => `${(value / size).toFixed(digits)}${name === "" ? "" : ` ${name}`}`);
}

function tickScale(largest: number, { unit, max, isRate = false }: Unit): readonly [size: number, name: string] {
  const rate = isRate ? "/s" : "";
  if ((unit === "1" && max === 1) || (unit === "s" && isRate)) return [0.01, "%"];
  if (unit === "By") {
    const power = powerOf(largest, 1024, BINARY.length);
    return [1024 ** power, `${BINARY[power]}${rate}`];
  }
  if (unit === "s") {
    const { size, name } = SECONDS.find(({ from }) => largest >= from) ?? SECONDS[3];
    return [size, name];
  }
  const power = largest < 10_000 ? 0 : powerOf(largest, 1000, DECIMAL.length);
  return [1000 ** power, DECIMAL[power] as string];
}

/** From this many seconds on, in units of so many. */
const SECONDS = [
  { from: 172_800, size: 86_400, name: "d" },
  { from: 7_200, size: 3_600, name: "h" },
  { from: 120, size: 60, name: "min" },
  { from: 1, size: 1, name: "s" },
  { from: 1e-3, size: 1e-3, name: "ms" },
  { from: 0, size: 1e-6, name: "µs" },
] as const;

const powerOf = (value: number, base: number, count: number): number =>
  value < 1 ? 0 : Math.min(count - 1, Math.floor(Math.log(value) / Math.log(base)));

/** A share of 1 in percent. */
export const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? NONE : `${digits(value * 100)} %`;

/** Seconds: `420 µs`, `3.2 ms`, `1.5 s`, `12 min`, `3 h 20 min`, `5 d 2 h`. */
export function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size < 1e-3) return `${digits(value * 1e6)} µs`;
  if (size < 1) return `${digits(value * 1e3)} ms`;
  return size < 60 ? `${digits(value)} s` : span(value * 1_000);
}

/** A length of time in its two largest parts, whole: `9 s`, `4 min 12 s`, `3 h 20 min`, `5 d 2 h`. */
export function span(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1_000));
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  const told = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return told.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** `cpuUtilization` as `cpu utilization`. */
export const wordsOf = (key: string): string =>
  key
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/\b([A-Z][a-z]*)/g, (word) => word.toLowerCase())
    .trim();

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** A moment on the reader's own clock, with the day when it is not today's. */
export function clockTime(ms: number, nowMs: number): string {
  const time = CLOCK.format(ms);
  return DAY.format(ms) === DAY.format(nowMs) ? time : `${DAY.format(ms)} ${time}`;
}

function bytes(value: number): string {
  const power = powerOf(Math.abs(value), 1024, BINARY.length);
  return `${digits(value / 1024 ** power)} ${BINARY[power]}`;
}

function plain(value: number, unit: string): string {
  const size = Math.abs(value);
  const power = size < 10_000 ? 0 : powerOf(size, 1000, DECIMAL.length);
  const number = power === 0 && Number.isInteger(value) ? String(value) : digits(value / 1000 ** power);
  const note = /^(\{.*\}|1)$/.test(unit) ? "" : ` ${unit.replaceAll(/\{(.*?)\}/g, "$1")}`;
  return `${number}${power === 0 ? "" : ` ${DECIMAL[power]}`}${note}`;
}

/** About three digits, always as many behind the point, so that a number that changes does not jump. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001) return value.toExponential(1);
  return value.toFixed(size < 0.1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
}
