import { median } from "../measure.ts";
import { printFindings, type Finding } from "../promises.ts";
import type { Kills } from "./kills.ts";
import type { Notification } from "./world.ts";

const SYNC_MS = 1_000;
/** A write takes its time, and begins behind the sync of the one before. */
const WRITE_MS = 250;
/** A notification whose answer was sent this shortly before a kill may be in flight: that it arrived is noted on disk behind the sync before. */
const IN_FLIGHT_MS = 1_000;

/** Prints what the kills have cost. @returns whether every promise was kept */
export function printKills(kills: Kills): boolean {
  const { deaths, failures, faults, startTimes, witness, world } = kills;
  const countOf = (when: string): number => deaths.filter((death) => death.when === when).length;
  console.log(
    `\n${deaths.length} ends of the installed command, ${countOf("running")} killed while it collected, ${countOf("starting")} during its start, ` +
      `${countOf("stopping")} during its stop, ${countOf("stopped")} stopped just before the kill; Node ${process.version}`,
  );
  console.log(
    `start to server ${median(startTimes)} ms in the median, ${Math.max(...startTimes)} ms at most; ${witness.events} events received, ` +
      `${witness.samples} of them samples; ${world.refused} notifications refused; a change of the queue is notified after ` +
      `${median(faults?.latencies ?? [])} ms in the median, ${Math.max(...(faults?.latencies ?? []))} ms at most, kills in between included`,
  );
  for (const log of failures.slice(0, 3)) console.log(`failed: ${log.map(({ message }) => message).join(" | ")}`);
  return printFindings([startFinding(kills), ...sampleFindings(kills), ...idFindings(kills), ...alertFindings(kills)]);
}

function startFinding({ complaints, deaths, failures }: Kills): Finding {
  return {
    promise: "every start succeeds, and finds nothing damaged",
    found: `${deaths.length + 1} starts, ${failures.length} failed, ${complaints.length} complaints ${complaints[0] ?? ""}`,
    isKept: failures.length + complaints.length === 0,
  };
}

function sampleFindings({ losses, witness }: Kills): readonly Finding[] {
  const [orderly, killed] = [true, false].map((isOrderly) => losses.filter(({ when }) => (when === "stopped") === isOrderly));
  const lossOf = (of: Kills["losses"]): { readonly samples: number; readonly oldestMs: number } => ({
    samples: of.reduce((sum, { samples }) => sum + samples, 0),
    oldestMs: Math.max(0, ...of.map(({ oldestMs }) => oldestMs)),
  });
  const [stop, kill] = [lossOf(orderly ?? []), lossOf(killed ?? [])];
  const [due, accounted] = (["due", "accounted"] as const).map((key) =>
    [...witness.ledgers.values()].reduce((sum, { account }) => sum + account[key], 0),
  ) as [number, number];
  return [
    {
      promise: `a kill costs samples of at most ${SYNC_MS} ms, and ${WRITE_MS} ms for a write`,
      found: `${kill.samples} samples over ${killed?.length} kills, the oldest ${kill.oldestMs.toFixed(0)} ms before its kill`,
      isKept: kill.oldestMs <= SYNC_MS + WRITE_MS,
    },
    {
      promise: "a stop costs none",
      found: `${stop.samples} samples over ${orderly?.length} stops`,
      isKept: stop.samples === 0,
    },
    {
      promise: "every tick is accounted for, missed ones included",
      found: `${due} due, ${accounted} with a sample`,
      isKept: due === accounted && due > 0,
    },
  ];
}

function idFindings({ witness }: Kills): readonly Finding[] {
  const { disordered, holes, journals, resets, reused } = witness;
  return [
    {
      promise: "no id is given twice, and a client resumes over every kill",
      found: `${reused} reused, ${disordered} repeated or out of order, ${resets} resets, ${journals} journal, ${holes} holes reported`,
      isKept: reused + disordered + resets === 0 && journals === 1,
    },
  ];
}

function alertFindings({ deaths, faults, world }: Kills): readonly Finding[] {
  const repeated = world.notifications.filter(({ repeats }) => repeats !== undefined);
  const ends = deaths.map(({ atMs }) => atMs);
  const longestMs = Math.max(0, ...repeated.map((each) => flightMs(each, ends)));
  return [
    {
      promise: "no alert is lost",
      found: `${faults?.changes} changes, ${faults?.lost} not notified, ${world.open.length} open at the end`,
      isKept: faults !== undefined && faults.changes > 0 && faults.lost + world.open.length === 0,
    },
    {
      promise: `none is sent twice, unless it was answered within ${IN_FLIGHT_MS} ms before a kill`,
      found: `${world.notifications.length} sent, ${repeated.length} twice, which were answered at most ${longestMs} ms before a kill`,
      isKept: longestMs <= IN_FLIGHT_MS,
    },
  ];
}

/** Milliseconds from the first delivery of a repeated notification to the next end of a process. */
function flightMs({ repeats = 0 }: Notification, ends: readonly number[]): number {
  return (ends.find((atMs) => atMs >= repeats) ?? Number.POSITIVE_INFINITY) - repeats;
}
