import { fstatSync, writeFileSync } from "node:fs";
import { messageOf, VitalsError } from "../base/errors.ts";

const STDOUT = 1;
const DEFAULT_COLUMNS = 80;

/**
 * Writes text and a line break to standard output. Resolves once all of it is written.
 *
 * @throws VitalsError `output_failed` if it cannot be written, such as to a full disk: `console.log` ignores that, and what was printed is a command's result
 */
export async function print(text: string): Promise<void> {
  try {
    await write(`${text}\n`);
  } catch (error) {
    throw new VitalsError("output_failed", `standard output cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

async function write(text: string): Promise<void> {
  // Node's stream of a file writes once: when the disk fills up in the middle, the rest would be lost without an error.
  if (fstatSync(STDOUT).isFile()) return writeFileSync(STDOUT, text);
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Cells of a line of an output: those of a terminal, 80 where it does not say; `Infinity` elsewhere, where nothing is cut. */
export const columnsOf = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): number =>
  isTTY === true ? columns || DEFAULT_COLUMNS : Infinity;
