import * as z from "zod";
import { aggregate, collection, sample } from "./collection.ts";
import { alert, healthReport, transition } from "./health.ts";
import { count, listOf, time } from "./shape.ts";

export const hello = z
  .object({
    bootId: z.string(),
    oldest: count.describe("Number of the oldest event that can be replayed."),
    head: count.describe("Number of the newest event."),
  })
  .describe("Comes first on every connection.");

export const snapshot = z
  .object({
    collections: listOf(collection),
    samples: listOf(sample).describe("The newest of each collection."),
    health: healthReport,
    alerts: listOf(alert).describe("Those that fire."),
  })
  .describe("Everything as it is. Comes on a fresh connection, and after a reset.");

export const collectionAggregate = z
  .object({ collection: z.string(), ...aggregate.shape })
  .describe("A window of a collection. Has no id and is not replayed.");

export const heartbeat = z
  .object({
    time,
    dropped: count.describe("Samples and aggregates left out for this client since it joined, and what a reset passed over."),
  })
  .describe("Every 15 s. Its id is that of the last event passed for this client.");

export const reset = z
  .object({ reason: z.string() })
  .describe("The point to resume from is gone, or is another boot's. A snapshot follows.");

export const bye = z.object({ retryMs: count.describe("When to come back.") }).describe("The collector is about to stop.");

const id = z.string().describe("`bootId-seq`; send it as Last-Event-ID to go on from here.");

export const streamEvent = z
  .discriminatedUnion("event", [
    z.object({ event: z.literal("hello"), data: hello }),
    z.object({ event: z.literal("snapshot"), id, data: snapshot }),
    z.object({ event: z.literal("sample"), id, data: sample }),
    z.object({ event: z.literal("transition"), id, data: transition }),
    z.object({ event: z.literal("alert"), id, data: alert }),
    z.object({ event: z.literal("aggregate"), data: collectionAggregate }),
    z.object({ event: z.literal("heartbeat"), id, data: heartbeat }),
    z.object({ event: z.literal("reset"), data: reset }),
    z.object({ event: z.literal("bye"), data: bye }),
  ])
  .describe("One event of the stream: its type, its id where it has one, and its data, which is sent as JSON.");
/** One event of `GET /api/v1/events`. */
export type StreamEvent = z.output<typeof streamEvent>;

/** What an event's JSON says, by the event's type: `JSON.parse(message.data) as StreamEvents["sample"]`. */
export type StreamEvents = { [E in StreamEvent as E["event"]]: E["data"] };
