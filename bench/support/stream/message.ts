/** What every server of the stream benchmark sends: one sample, 1 KiB as an event, with the moment it was made. */
import type { Sample } from "../../../src/sample/sample.ts";

const EVENT_BYTES = 1_024;

/** Every message holds this and then the digits of a moment. */
export const MARK = "made=";
export const MOMENT_DIGITS = 15;

/** Microseconds of the clock that all processes of a machine share. */
export const nowMicroseconds = (): number => Number(process.hrtime.bigint() / 1_000n);

export interface Message {
  readonly seq: number;
  readonly id: string;
  readonly sample: Sample;
}

/** A message that makes an event of so many bytes, with the id that goes with it. */
export function makeMessage(bootId: string, seq: number, bytes = EVENT_BYTES, collection = "bench"): Message {
  const id = `${bootId}-${seq}`;
  const made = `${MARK}${String(nowMicroseconds()).padStart(MOMENT_DIGITS, "0")}`;
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
