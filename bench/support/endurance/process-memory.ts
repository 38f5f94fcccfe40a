/** Resources of another process, as procfs shows them. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface MemoryPoint {
  readonly atSeconds: number;
  /** Resident memory in MB, of 1 000 000 bytes. */
  readonly rssMb: number;
}

export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1_024) / 1e6;
}

/** Open descriptors by kind: `socket`, `pipe`, `anon_inode`, or `file`. */
export function descriptors(pid: number): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {};
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const [kind = ""] = readlinkSync(`/proc/${pid}/fd/${name}`).split(":");
      const key = kind.startsWith("/") ? "file" : kind;
      kinds[key] = (kinds[key] ?? 0) + 1;
    } catch {
      // It was closed in between.
    }
  }
  return kinds;
}

export const countOf = (kinds: Readonly<Record<string, number>>): number => Object.values(kinds).reduce((sum, each) => sum + each, 0);

/** Slope of the line of least squares, in MB an hour; NaN with fewer than two points. */
export function slopePerHour(points: readonly MemoryPoint[]): number {
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [t, y] = [meanOf(points.map(({ atSeconds }) => atSeconds)), meanOf(points.map(({ rssMb }) => rssMb))];
  let [above, below] = [0, 0];
  for (const { atSeconds, rssMb } of points) {
    above += (atSeconds - t) * (rssMb - y);
    below += (atSeconds - t) ** 2;
  }
  return (above / below) * 3_600;
}
