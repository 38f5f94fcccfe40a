const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"];
const DIGITS = 4;

/** A number with its unit for people: `23.5 GiB`, `0.93`, `1.2 s`, `42`. Units that are `1` or only a note in braces are not repeated. */
export function quantity(value: number, unit: string): string {
  if (unit === "By") {
    const size = Math.abs(value);
    const power = size < 1 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log2(size) / 10));
    return `${Number((value / 1024 ** power).toPrecision(3))} ${BINARY[power]}`;
  }
  const number = Number(value.toPrecision(DIGITS));
  return unit === "1" || unit.startsWith("{") ? String(number) : `${number} ${unit}`;
}

/** A length of time for people: `42 s`, `1.5 s`, `5 min`, `2 h`. */
export function duration(ms: number): string {
  const [size, unit] = ms >= 7_200_000 ? [3_600_000, "h"] : ms >= 300_000 ? [60_000, "min"] : [1_000, "s"];
  return `${Number((ms / size).toFixed(ms < 10_000 ? 1 : 0))} ${unit}`;
}

export const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time written as `500ms`, `30s`, `1m`, `1h` or `1d`, in milliseconds; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * (UNIT_MS[match[2] as string] as number) : undefined;
}
