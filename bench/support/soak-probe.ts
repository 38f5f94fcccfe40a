/** Preloaded into the process that soaks: reports what `/proc` does not show. Needs `--expose-gc` and a channel to its parent. */
let rejections = 0;
let warnings = 0;
// Such as MaxListenersExceededWarning.
process.on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") warnings += 1;
});
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
  /** Warnings of Node. */
  readonly warnings: number;
  /** Listeners of the process. */
  readonly listeners: number;
}

process.on("message", () => {
  globalThis.gc?.();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const report: SoakReport = { resources, heapMb: process.memoryUsage().heapUsed / 2 ** 20, rejections, warnings, listeners };
  process.send?.(report);
});
