/**
 * Kills the installed command with SIGKILL at random moments while it writes its state, starts it again, and counts what came back: samples
 * and ids by an independent receiver of the event stream, alerts by a webhook. Argument: kills; default 500.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kills } from "./support/crash/kills.ts";
import { printKills } from "./support/crash/report.ts";
import { install } from "./support/installed.ts";

const count = Number(process.argv.at(-1)) || 500;
const folder = mkdtempSync(join(tmpdir(), "vitals-crash-"));
const kills = new Kills(join(folder, "here"), install(join(folder, "program")));
await kills.run(count);
const isFine = printKills(kills);
if (isFine) rmSync(folder, { recursive: true, force: true });
else console.log(`configuration and state are in ${folder}`);
process.exit(isFine ? 0 : 1);
