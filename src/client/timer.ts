/** Cancels a timer; has no effect the second time. */
export type Cancel = () => void;

export function after(ms: number, action: () => void): Cancel {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = after(ms, () => {
      signal.removeEventListener("abort", end);
      resolve();
    });
    const end = (): void => {
      cancel();
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}
