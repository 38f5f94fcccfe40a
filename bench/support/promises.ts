/** A promise, what was found, and whether that keeps it. */
export interface Finding {
  readonly promise: string;
  readonly found: string;
  readonly isKept: boolean;
}

/** Prints them, one a line. @returns whether every promise was kept */
export function printFindings(findings: readonly Finding[]): boolean {
  for (const { found, isKept, promise } of findings) console.log(`${isKept ? "kept  " : "BROKEN"}  ${promise}: ${found}`);
  return findings.every(({ isKept }) => isKept);
}
