import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { newJournalId } from "../memory-engine.ts";
import type { Files } from "./files.ts";
import { HEADER_FILE, HeaderFile, RESERVED_NUMBERS } from "./header.ts";
import { loadFolder, type Loaded } from "./load.ts";
import { OwnerLock } from "./owner-lock.ts";
import { finishRepairs, setAllAside, setAside } from "./repair.ts";

/** A folder that this process owns, repaired and ready to be written. */
export interface Claim {
  readonly lock: OwnerLock;
  readonly loaded: Loaded;
  readonly header: HeaderFile;
  readonly id: string;
  /** Number of the newest entry that may exist. */
  readonly head: number;
  /** Every number up to this one is reserved. */
  readonly reserved: number;
  /** What was damaged, for people. */
  readonly reports: readonly string[];
}

export interface ClaimOptions {
  readonly dir: string;
  readonly files: Files;
  readonly clock: Clock;
  /** How long to wait for another owner to end. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** The journal that continues here, although the folder may contain another; undefined to continue what the folder contains. */
  readonly running: { readonly id: string; readonly head: number } | undefined;
}

/** @throws VitalsError `state_in_use`, `aborted`; errors of the filesystem as they are */
export async function claimFolder(options: ClaimOptions): Promise<Claim> {
  const { clock, dir, files, running, signal, waitMs } = options;
  await files.makeFolder(dir);
  const lock = await OwnerLock.acquire(dir, clock, waitMs, signal);
  try {
    await finishRepairs(dir, files);
    const { loaded, reports } = await repaired(options);
    const found = typeof loaded.header === "object" ? loaded.header : undefined;
    const id = running?.id ?? found?.id ?? newJournalId();
    const head = Math.max(running?.head ?? 0, found?.reserved ?? 0, loaded.last);
    const header = new HeaderFile(files, dir, loaded.header);
    const reserved = head + RESERVED_NUMBERS;
    await header.write({ id, reserved });
    await files.syncFolder(dir);
    return { lock, loaded, header, id, head, reserved, reports };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function repaired({ clock, dir, files, running }: ClaimOptions): Promise<Pick<Claim, "loaded" | "reports">> {
  const load = (): Promise<Loaded> => loadFolder(dir, files, clock.monotonicMs());
  let loaded = await load();
  const reports: string[] = [];
  const { header } = loaded;
  const reason = reasonToBeginAnew(loaded, running?.id);
  if (reason !== undefined) {
    const report = await setAllAside(dir, files, reason);
    if (report !== undefined) reports.push(report);
    return { loaded: await load(), reports };
  }
  for (const damaged of loaded.damaged) {
    reports.push(await setAside(damaged, dir, files).catch((error: unknown) => `${damaged.segment.path} is damaged: ${messageOf(error)}`));
  }
  if (header === "damaged") {
    const aside = `${HEADER_FILE}-${loaded.nextOrdinal}.damaged`;
    await files.rename(join(dir, HEADER_FILE), join(dir, aside));
    reports.push(`the header of the journal was damaged and is now ${aside}: the journal has a new id`);
  }
  if (reports.length > 0) loaded = await load();
  return { loaded, reports };
}

function reasonToBeginAnew({ header, segments }: Loaded, runningId: string | undefined): string | undefined {
  if (header === "other version") return "the journal was written by another version and a new one begins";
  if (runningId === undefined) return undefined;
  if (typeof header === "object" && header.id === runningId) return undefined;
  return header === "none" && segments.length === 0 ? undefined : "the directory could not be used before and contains another journal";
}
