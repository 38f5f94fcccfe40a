import { NameTable, type Span } from "./name-table.ts";
import { NumberList } from "./number-list.ts";

/** How many there are of each type. */
export class TypeCounts {
  readonly #types = new NameTable();
  readonly #counts = new NumberList();

  add(type: Span): void {
    const number = this.#types.numberOf(type);
    if (number === this.#counts.length) this.#counts.push(0);
    this.#counts.set(number, this.#counts.at(number) + 1);
  }

  /** As plain data. A type called `__proto__` would name no property of a plain object, so it is told in brackets. */
  totals(): Record<string, number> {
    const counted: Record<string, number> = {};
    for (let number = 0; number < this.#types.size; number += 1) {
      const type = this.#types.nameOf(number);
      counted[type === "__proto__" ? "(__proto__)" : type] = this.#counts.at(number);
    }
    return counted;
  }
}
