import { stat } from "node:fs/promises";
import type { ManualClock } from "../../src/base/manual-clock.ts";
import type { FileEngine } from "../../src/journal/file/file-engine.ts";
import { until } from "./until.ts";

/** Resolves once what was appended is on disk. */
export const written = (engine: FileEngine): Promise<void> => engine.save({ written: "yes" });

/** Lets what uses the disk go on: this call waits for the disk, too. */
export const diskTurn = async (): Promise<void> => void (await stat(import.meta.filename));

/** Lets simulated time pass until the disk takes everything. */
export async function recovered(engine: FileEngine, clock: ManualClock): Promise<void> {
  await until(
    async () => {
      await clock.advance(500);
      await diskTurn();
    },
    () => engine.status.problem === undefined,
  );
  await written(engine);
}
