/** The message of all servers of the stream benchmark: one sample, 1 KiB as an event, with its creation timestamp. */
import type { Sample } from "../../../src/sample/sample.ts";

const EVENT_BYTES = 1_024;

/** Every message contains this mark, followed by the digits of a timestamp. */
export const MARK = "made=";
export const TIMESTAMP_DIGITS = 15;

/** Microseconds of a clock that all processes of a machine share. */
export const nowMicroseconds = (): number => Number(process.hrtime.bigint() / 1_000n);

export interface Message {
  readonly seq: number;
  readonly id: string;
  readonly sample: Sample;
}

/** A message whose event has a given size in bytes, with its id. */
export function makeMessage(bootId: string, seq: number, bytes = EVENT_BYTES, collection = "bench"): Message {
  const id = `${bootId}-${seq}`;
  const made = `${MARK}${String(nowMicroseconds()).padStart(TIMESTAMP_DIGITS, "0")}`;
  const sampleWith = (message: string): Sample => ({
    time: new Date().toISOString(),
    collection,
    outcome: "failed",
    durationMs: 1,
    error: { type: "bench", message },
  });
  const rest = Buffer.byteLength(eventText(id, JSON.stringify(sampleWith(made))));
  return { seq, id, sample: sampleWith(made + " ".repeat(bytes - rest)) };
}

export const eventText = (id: string, data: string): string => `id: ${id}\nevent: sample\ndata: ${data}\n\n`;
