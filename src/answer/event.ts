import * as z from "zod";
import { aggregate, collection, sample } from "./collection.ts";
import { alert, healthReport, transition } from "./health.ts";
import { count, listOf, time } from "./shape.ts";

export const hello = z
  .object({
    bootId: z.string().describe("Different for each start of the collector."),
    oldest: count.describe("Number of the oldest event in memory; older ones may be replayed from disk."),
    head: count.describe("Number of the newest event."),
  })
  .describe("The first event of every connection.");

export const snapshot = z
  .object({
    collections: listOf(collection),
    samples: listOf(sample).describe("The newest sample of each collection."),
    health: healthReport,
    alerts: listOf(alert).describe("Firing alerts."),
  })
  .describe("The current state. Sent on a fresh connection and after a reset.");

export const collectionAggregate = z
  .object({ collection: z.string().describe("Name of the collection."), ...aggregate.shape })
  .describe("Statistics of a collection over a window. It has no id and is not replayed.");

export const heartbeat = z
  .object({
    time: time.describe("When it was sent."),
    dropped: count.describe(
      "Number of samples and aggregates dropped for this client since it joined, and of events that a reset skipped.",
    ),
  })
  .describe("Sent every 15 s. Its id is that of the last event that was sent to this client, filtered out or dropped.");

export const reset = z
  .object({ reason: z.string().describe("Why it cannot resume.") })
  .describe(
    "The client cannot resume: its last event is no longer kept, or is from another journal, as after a restart without a state. A snapshot follows.",
  );

export const lost = z
  .object({ atMost: count.describe("Maximum number of lost events.") })
  .describe("A crash of the collector lost events, which cannot be replayed. Only a client that resumes across the crash receives it.");

export const bye = z
  .object({ retryMs: count.describe("Time until the client should reconnect.") })
  .describe("The last event before the server stops.");

const id = z.string().describe("Send it as Last-Event-ID to resume after this event.");

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
    z.object({ event: z.literal("lost"), id, data: lost }),
    z.object({ event: z.literal("bye"), data: bye }),
  ])
  .describe("One event of the stream: its type, its id if it has one, and its data, which is sent as JSON.");
/** One event of `GET /api/v1/events`. */
export type StreamEvent = z.output<typeof streamEvent>;

/** The data of an event by its type: `JSON.parse(message.data) as StreamEvents["sample"]`. */
export type StreamEvents = { [E in StreamEvent as E["event"]]: E["data"] };

/** Data of the event `hello`, the first of every connection. */
export type Hello = StreamEvents["hello"];
/** Data of the event `snapshot`: the current state, on a fresh connection and after a reset. */
export type Snapshot = StreamEvents["snapshot"];
/** Data of the event `aggregate`: statistics of a collection over a window. */
export type CollectionAggregate = StreamEvents["aggregate"];
/** Data of the event `heartbeat`, sent every 15 s. */
export type Heartbeat = StreamEvents["heartbeat"];
/** Data of the event `reset`: the client cannot resume, and a snapshot follows. */
export type Reset = StreamEvents["reset"];

/** Data of the event `bye`, the last before the server stops. */
export type Bye = StreamEvents["bye"];
