import { closeSync, openSync, utimesSync, writeSync } from "node:fs";
import { seededRandom } from "../../src/topology/random.ts";

const TYPES = ["person", "place", "event", "skill"];
const LINES_AT_ONCE = 10_000;

/** Writes a memory file as the memory server does: first entities with one observation each, then random relations. */
export function writeMemoryFile(path: string, nodeCount: number, edgeCount: number): void {
  const file = openSync(path, "w");
  let lines: string[] = [];
  for (const line of linesOf(nodeCount, edgeCount)) {
    lines.push(line);
    if (lines.length < LINES_AT_ONCE) continue;
    writeSync(file, `${lines.join("\n")}\n`);
    lines = [];
  }
  writeSync(file, lines.join("\n"));
  closeSync(file);
  change(path, 0);
}

function* linesOf(nodeCount: number, edgeCount: number): Generator<string> {
  const random = seededRandom(7);
  const name = (n: number): string => `entity ${n}`;
  const drawn = (): string => name(Math.floor(random() * nodeCount));
  for (let n = 0; n < nodeCount; n += 1) {
    yield JSON.stringify({ type: "entity", name: name(n), entityType: TYPES[n % 4], observations: [`number ${n} was seen here`] });
  }
  for (let n = 0; n < edgeCount; n += 1) {
    yield JSON.stringify({ type: "relation", from: drawn(), to: drawn(), relationType: "knows" });
  }
}

/** Makes the file look changed: each turn has another modification time, old enough for the file to be complete. */
export function change(path: string, turn: number): void {
  const atSeconds = Date.now() / 1_000 - 3_600 + turn;
  utimesSync(path, atSeconds, atSeconds);
}
