/** Preloaded into the process that soaks: reports what `/proc` does not show. Needs `--expose-gc` and a channel to its parent. */
let rejections = 0;
// Counted instead of ending the process.
process.on("unhandledRejection", (reason) => {
  rejections += 1;
  console.error("unhandled rejection:", reason);
});

/** What keeps the process alive, by kind. */
export interface SoakReport {
  readonly resources: Readonly<Record<string, number>>;
  readonly heapMb: number;
  readonly rejections: number;
}

process.on("message", () => {
  globalThis.gc?.();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const report: SoakReport = { resources, heapMb: process.memoryUsage().heapUsed / 2 ** 20, rejections };
  process.send?.(report);
});
