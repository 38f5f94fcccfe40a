import * as z from "zod";
import { messageOf } from "../base/errors.ts";
import { savedHealth, savedHistory } from "../health/saved.ts";
import { savedSinks } from "../health/sink/dispatcher.ts";
import { savedSource } from "../source/source-state.ts";

/** The version of the saved values. Another version is not read. */
const VERSION = 1;

const head = z.object({
  version: z.literal(VERSION),
  /** When it was saved, in milliseconds since 1970. Ages in it are counted from then. */
  savedAt: z.number(),
});

/** The present of a collector: small, and saved about every second. */
export const checkpoint = head.extend({
  /** When the collector that saved it was started, in milliseconds since 1970. */
  startedAt: z.number().optional(),
  health: savedHealth,
  /** By collection. */
  collections: z.record(z.string(), z.object({ withoutSuccessMs: z.number(), begunAfter: z.int().default(0) })),
  /** By source. */
  sources: z.record(z.string(), savedSource),
  /** Numbers of the journal with their ages, oldest first: where a replay of a given length starts. */
  marks: z.array(z.tuple([z.int(), z.number()])),
});
export type Checkpoint = z.output<typeof checkpoint>;

/** The past of health: saved when it changes. */
export const historyValue = head.extend({ history: savedHistory });

/** What is pending for sinks: saved when it changes. */
export const sinksValue = head.extend({ sinks: savedSinks });

/** Names of the saved values. */
export const VALUES = { checkpoint: "checkpoint", history: "history", sinks: "sinks" } as const;

/** A value as it is saved. */
export const encoded = (value: object, savedAt: number): string => JSON.stringify({ version: VERSION, savedAt, ...value });

/** When a collector was started, and when it saved a checkpoint; in milliseconds since 1970. */
export interface CheckpointTimes {
  readonly startedAt: number;
  readonly savedAt: number;
}

const TIMES = new RegExp(String.raw`^\{"version":${VERSION},"savedAt":([\d.]+),"startedAt":([\d.]+)`);

/** The times of a checkpoint are within this many bytes of its start, so that the rest need not be decoded. */
export const TIMES_BYTES = 128;

/** The times of a checkpoint, or of its start; undefined for another text. */
export function timesOf(text: string): CheckpointTimes | undefined {
  const [, savedAt, startedAt] = TIMES.exec(text) ?? [];
  return startedAt === undefined ? undefined : { startedAt: Number(startedAt), savedAt: Number(savedAt) };
}

/** A saved value; a text where it cannot be used says why; undefined where there is none. */
export function decoded<T>(schema: z.ZodType<T>, text: string | undefined): T | string | undefined {
  if (text === undefined) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    const version: unknown = (data as { readonly version?: unknown } | null)?.version;
    if (version !== VERSION) return `it has the version ${JSON.stringify(version)}, and this program reads ${VERSION}`;
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    return `${issue?.path.join(".")}: ${issue?.message}`;
  } catch (error) {
    return messageOf(error);
  }
}
