import type { Cell, Dialect, Rows, ServerStatus, Statement, Store } from "../../src/store/store.ts";

/** Answers a statement with one row by column, with rows, or by throwing. */
export type Answer = (statement: Statement, signal: AbortSignal) => Rows | Promise<Rows>;

/** A store without a server: it answers as the test says, and records what it was asked. */
export class FakeStore implements Store {
  readonly engine = { name: "Fake", version: "1.2.3" };
  readonly dialect: Dialect;
  readonly asked: Statement[] = [];
  isOpen = true;
  isDisposed = false;
  answer: Answer;
  names: readonly string[] = [];
  told: ServerStatus | undefined;

  constructor(answer: Answer, dialect: Dialect = "falkordb") {
    this.answer = answer;
    this.dialect = dialect;
  }

  async query(statement: Statement, signal: AbortSignal): Promise<Rows> {
    this.asked.push(statement);
    return await this.answer(statement, signal);
  }

  async graphs(): Promise<readonly string[]> {
    return this.names;
  }

  async status(): Promise<ServerStatus> {
    return this.told ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }
}

/** A result of one row. */
export const row = (cells: Readonly<Record<string, Cell>>): Rows => ({ columns: Object.keys(cells), rows: [Object.values(cells)] });

/** A result of several rows. */
export const rows = (columns: readonly string[], ...cells: readonly (readonly Cell[])[]): Rows => ({ columns, rows: cells });

/** FalkorDB's answer to the query for its catalog. */
export function stats(labels: Readonly<Record<string, number>>, types: Readonly<Record<string, number>> = {}): Rows {
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);
  return row({ labels, relTypes: types, nodeCount: sum(labels), relCount: sum(types) });
}

/** Whether a statement reads the catalog of FalkorDB. */
export const isCatalog = ({ text }: Statement): boolean => text.includes("db.meta.stats");
