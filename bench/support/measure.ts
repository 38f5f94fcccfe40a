/** The median; of an even count, the upper of the two middle values. */
export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** Average CPU time of one call of `turn` in microseconds, over all threads of this process. */
export async function cpuMicroseconds(turns: number, turn: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < turns; n += 1) await turn();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / turns;
}

/** Prints rows as a table, the first column aligned left and the others right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    console.log(row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart((widths[n] ?? 0) + 3))).join(""));
  }
}
