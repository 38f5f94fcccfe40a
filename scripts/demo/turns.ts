import { setTimeout as sleep } from "node:timers/promises";
import { FAULTS, type FaultName } from "./faults.ts";
import { show, type Print } from "./show.ts";
import type { Demo } from "./start.ts";
import type { Watch } from "./watch.ts";

/** Injects and repairs each fault in turn, without an end: a fault stays, and everything is healthy, for `turnMs` or until a line is entered. */
export async function showInTurns(demo: Demo, watch: Watch, turnMs: number, print: Print): Promise<never> {
  const isTerminal = process.stdin.isTTY;
  const orEnter = isTerminal ? ", or at Enter" : "";
  const after = `after ${turnMs / 1_000} s${orEnter}`;
  const turn = async (): Promise<void> => {
    if (!isTerminal) return sleep(turnMs);
    const ending = new AbortController();
    const entered = Promise.withResolvers<void>();
    process.stdin.once("data", entered.resolve);
    await Promise.race([entered.promise, sleep(turnMs, undefined, { signal: ending.signal }).catch(() => {})]);
    ending.abort();
    process.stdin.off("data", entered.resolve);
  };
  const hold = async (): Promise<void> => {
    print(`the page shows the fault: ${demo.url}/ (repaired ${after})`);
    await turn();
  };
  for (;;) {
    for (const name of Object.keys(FAULTS) as readonly FaultName[]) {
      print(`next fault: ${name} (injected ${after})`);
      await turn();
      // A machine that is too busy to show one in time shows the next.
      await show(name, demo, watch, print, hold).catch((error: unknown) => print(`not shown: ${(error as Error).message}`));
    }
  }
}
