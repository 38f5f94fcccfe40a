import { OTHER } from "../../sample/field.ts";
import { typeName } from "../../sample/type-name.ts";
import { NumberList } from "./number-list.ts";

/** Types of which a measurement has a count of its own, the most frequent ones; the others are added up as `_OTHER`. */
const MAX_TYPES_MEASURED = 1_000;

/** Types that are counted separately while a file is read; one that appears after so many others counts as `_OTHER`. */
const MAX_TYPES_COUNTED = 100_000;

/** Numbers a bounded number of types as they appear, and counts each. */
export class TypeCounts {
  readonly #numbers = new Map<string, number>();
  readonly #counts = new NumberList();

  /** Counts a type once more; its number. */
  add(type: string): number {
    const number = this.#numberOf(typeName(type));
    this.#counts.set(number, this.#counts.at(number) + 1);
    return number;
  }

  /** By number. */
  names(): readonly string[] {
    return [...this.#numbers.keys()];
  }

  /** The counts of the most frequent types, as plain data, with the others in `_OTHER`. */
  largest(): Record<string, number> {
    const types = Array.from(this.#numbers, ([type, number]) => [type, this.#counts.at(number)] as const);
    if (types.length <= MAX_TYPES_MEASURED) return Object.fromEntries(types);
    const named = types.filter(([type]) => type !== OTHER).toSorted(([, a], [, b]) => b - a);
    const measured = named.slice(0, MAX_TYPES_MEASURED);
    const all = types.reduce((sum, [, count]) => sum + count, 0);
    const rest = measured.reduce((left, [, count]) => left - count, all);
    return { ...Object.fromEntries(measured), ...(rest > 0 && { [OTHER]: rest }) };
  }

  #numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_TYPES_COUNTED && name !== OTHER) return this.#numberOf(OTHER);
    const number = this.#numbers.size;
    this.#numbers.set(name, number);
    this.#counts.push(0);
    return number;
  }
}
