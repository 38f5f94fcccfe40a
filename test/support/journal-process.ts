/**
 * A process that writes a journal as fast as it can, until it is killed. Arguments: the folder, and how many seconds to wait for its owner.
 * It prints a line for each entry after it is written, with its number and its text, and the message of the error if it cannot open.
 */
import { writeSync } from "node:fs";
import { systemClock } from "../../src/base/clock.ts";
import { messageOf } from "../../src/base/errors.ts";
import { FileEngine } from "../../src/journal/file/file-engine.ts";

const [dir = "", waitSeconds = "10"] = process.argv.slice(2);
const never = new AbortController().signal;
const print = (line: object): unknown => writeSync(1, `${JSON.stringify(line)}\n`);

const engine = new FileEngine({ dir, clock: systemClock, lockWaitMs: Number(waitSeconds) * 1_000 });
try {
  const { checkpoint, head, id } = await engine.open(never);
  const { problem, reports } = engine.status;
  print({ opened: { id, head, checkpoint, problem, reports } });
} catch (error) {
  print({ error: messageOf(error) });
  process.exit(1);
}
for (let n = 1; ; n += 1) {
  const texts = Array.from({ length: 1 + (n % 4) }, (_, at) => `${process.pid}-${n}-${at}`.padEnd(10 + ((n * 37) % 900)));
  const numbers = engine.append(texts.map((text) => ({ key: text, kind: "sample", body: JSON.stringify({ text }) })));
  print({ given: numbers });
  await engine.save({ checkpoint: String(numbers.at(-1)) });
  if (engine.status.problem === undefined) print({ written: numbers });
  else {
    print({ problem: engine.status.problem });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
