/** Clients written to in one turn of the event loop: a few milliseconds. */
const TURN = 500;

/**
 * Visits everything in `all`, so many in a turn of the event loop: ten thousand writes at once would hold up every tick and every
 * other request for a tenth of a second. The first turn is at once. `rest` is called after each turn, with whether it was the last.
 */
export function inTurns<T>(all: Iterable<T>, visit: (each: T) => void, rest: (isLast: boolean) => void): void {
  const iterator = all[Symbol.iterator]();
  const turn = (): void => {
    for (let n = 0; n < TURN; n += 1) {
      const next = iterator.next();
      if (next.done === true) return rest(true);
      visit(next.value);
    }
    rest(false);
    setImmediate(turn);
  };
  turn();
}
