import { printTable } from "../measure.ts";
import { isInternalError } from "../installed.ts";
import { printFindings, type Finding } from "../promises.ts";
import type { TickAccount } from "../tick-ledger.ts";
import type { Endurance, Minute, Watched } from "./endurance.ts";
import { countOf, type MemoryPoint } from "./process-memory.ts";
import type { Visitors } from "./visitors.ts";

const GOALS = { slopeMb: 1, descriptors: 5 } as const;

/** Prints what was counted. @returns whether every promise was kept */
export function printReport(run: Endurance, a: Watched, b: Watched, visitors: Visitors): boolean {
  console.log(`\n${(run.seconds / 60).toFixed(1)} minutes at the default intervals; Node ${process.version}`);
  printMemory(run.memory, run.minutes);
  for (const watched of [a, b]) printTicks(watched);
  console.log(
    `${visitors.scrapes} scrapes (${visitors.failedScrapes} failed), ${visitors.streams} event streams that came and went; ${run.kills} kills of B`,
  );
  for (const [name, hook] of run.surroundings.hooks) {
    console.log(`webhook of ${name}: ${hook.accepted} alerts accepted, ${hook.refused} requests refused, ${hook.hung} never answered`);
  }
  return printFindings([...findingsOfA(run, a), ...findingsOfB(b), ...[a, b].flatMap((watched) => alertFindings(run, watched))]);
}

/** The least that the heap held is close to what lives: V8 has just collected it. */
function printMemory(points: readonly MemoryPoint[], minutes: readonly Minute[]): void {
  const rows: string[][] = [];
  for (let from = 0; from < (points.at(-1)?.atSeconds ?? 0); from += 900) {
    const within = points.filter(({ atSeconds }) => atSeconds >= from && atSeconds < from + 900).map(({ rssMb }) => rssMb);
    const mean = within.reduce((sum, each) => sum + each, 0) / within.length;
    const heaps = minutes.filter(({ minute }) => minute > from / 60 && minute <= from / 60 + 15).map(({ heapMb }) => heapMb);
    rows.push([
      `minutes ${from / 60} to ${from / 60 + 15}`,
      ...[mean, Math.min(...within), Math.max(...within), Math.min(...heaps)].map((mb) => `${mb.toFixed(1)} MB`),
    ]);
  }
  printTable([["RSS of A", "mean", "min", "max", "heap, min"], ...rows]);
}

function printTicks({ name, receiver }: Watched): void {
  const rows = [...receiver.ledgers].map(([collection, { account }]) => [
    `${name.toUpperCase()} ${collection}`,
    ...[account.due, account.accounted, account.outcomes["missed"] ?? 0, account.twice].map(String),
    `${account.latestMs.toFixed(0)} ms`,
  ]);
  printTable([["ticks", "due", "with a sample", "of them missed", "twice", "latest"], ...rows]);
}

const accountsOf = ({ receiver }: Watched): readonly TickAccount[] => [...receiver.ledgers.values()].map(({ account }) => account);
const unaccounted = (watched: Watched): number => accountsOf(watched).reduce((sum, { accounted, due }) => sum + due - accounted, 0);

function internalErrors({ lives }: Watched): readonly string[] {
  return lives.flatMap(({ log }) => log.filter(isInternalError)).map(({ message }) => message);
}

const reloaded = ({ lives }: Watched): number =>
  lives.flatMap(({ log }) => log.filter(({ message }) => message === "configuration reloaded")).length;

function findingsOfA(run: Endurance, a: Watched): readonly Finding[] {
  const slope = run.slope();
  const counts = run.minutes.map(({ descriptors }) => countOf(descriptors));
  const [first = 0, last = 0] = [counts[1], counts.at(-1)];
  const errors = internalErrors(a);
  const { boots, connections, disordered, journals, resets, skipped } = a.receiver;
  return [
    {
      promise: `RSS of A grows by at most ${GOALS.slopeMb} MB an hour after 30 minutes`,
      found: `${slope.toFixed(2)} MB/h`,
      isKept: slope <= GOALS.slopeMb,
    },
    {
      promise: `descriptors of A stay within ${GOALS.descriptors}`,
      found: `${first} at first, ${Math.min(...counts)} to ${Math.max(...counts)}, ${last} at last`,
      isKept: Math.max(...counts) - Math.min(...counts) <= GOALS.descriptors,
    },
    {
      promise: "no unhandled rejection and no other internal error in A",
      found: `${errors.length} ${errors[0] ?? ""}`,
      isKept: errors.length === 0,
    },
    {
      promise: "each reload of A applies what has changed",
      found: `${run.reloads} requested, ${reloaded(a)} applied`,
      isKept: run.reloads > 0 && reloaded(a) === run.reloads,
    },
    { promise: "A lives all the time", found: `${a.lives.length} process, ${boots} start`, isKept: a.lives.length === 1 && boots === 1 },
    { promise: "every tick of A has a sample", found: `${unaccounted(a)} without`, isKept: unaccounted(a) === 0 },
    {
      promise: "the receiver of A has each event once, in order",
      found: `${disordered} not, ${skipped} left out, ${resets} resets, ${connections} connections, ${journals} journal`,
      isKept: disordered + skipped + resets === 0 && journals === 1,
    },
  ];
}

function findingsOfB(b: Watched): readonly Finding[] {
  const { boots, disordered, holes, journals, resets } = b.receiver;
  const failed = b.lives.slice(0, -1).filter(({ log }) => !log.some(({ message }) => message === "started")).length;
  const errors = internalErrors(b);
  return [
    {
      promise: "each start of B succeeds",
      found: `${b.lives.length} starts, ${failed} failed`,
      isKept: failed === 0 && boots === b.lives.length,
    },
    {
      promise: "no unhandled rejection and no other internal error in B",
      found: `${errors.length} ${errors[0] ?? ""}`,
      isKept: errors.length === 0,
    },
    { promise: "every tick of B has a sample, also those of outages", found: `${unaccounted(b)} without`, isKept: unaccounted(b) === 0 },
    {
      promise: "the receiver of B resumes over the kills, and has no event twice",
      found: `${disordered} repeated, ${holes} holes reported, ${resets} resets, ${journals} journal`,
      isKept: disordered + resets === 0 && journals === 1,
    },
  ];
}

function alertFindings(run: Endurance, watched: Watched): readonly Finding[] {
  const name = watched.name.toUpperCase();
  const { accepted, open, repeated } = run.surroundings.hook(watched.name);
  // Each kill may have cut off the answer to one notification.
  const inFlight = watched.lives.length - 1;
  return [
    {
      promise: `alerts of ${name} are neither lost nor sent twice`,
      found: `${accepted} sent, ${repeated} twice, ${open.size} open at the end`,
      isKept: accepted > 0 && repeated <= inFlight && open.size === 0,
    },
  ];
}
