/**
 * Two collectors of the installed command at the default intervals, for an hour and a half. One lives all the time, with a new
 * configuration every twenty seconds, clients that come and go, a source that breaks, and a webhook that refuses and hangs; it begins with
 * an hour of samples, so that its memory need not grow. The other one is killed every few minutes. Prints a line each minute, and at the end what an independent receiver has counted. Argument: minutes;
 * default 90.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Endurance } from "./support/endurance/endurance.ts";

const minutes = Number(process.argv.at(-1)) || 90;
const folder = mkdtempSync(join(tmpdir(), "vitals-endurance-"));
const run = new Endurance(folder, minutes);
process.once("SIGTERM", () => run.stop());
process.once("SIGINT", () => run.stop());
const isFine = await run.run();
if (isFine) rmSync(folder, { recursive: true, force: true });
else console.log(`configurations, logs and states are in ${folder}`);
process.exit(isFine ? 0 : 1);
