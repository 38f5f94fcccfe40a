import type { Aggregate } from "../../buffer/window.ts";
import type { CollectionReport, CollectorStats } from "../../collector.ts";
import type { HistoryBounds } from "../../health/history.ts";
import type { Alert, HealthReport, Transition } from "../../health/record.ts";
import type { HubReport } from "../../http/stream/hub.ts";
import type { SessionReport } from "../../http/session.ts";
import type { Sample } from "../../sample/sample.ts";

export type { Aggregate, Alert, CollectionReport, HealthReport, Sample, SessionReport, Transition };
export type { HistoryBounds };
export type { FieldReport, ThresholdReport } from "../../collector.ts";
export type { Statistics } from "../../buffer/window.ts";
export type { ComponentReport } from "../../health/record.ts";
export type { Status } from "../../health/status.ts";

/** What `api/v1/stats` answers. */
export type Stats = CollectorStats & { readonly stream: HubReport };

/** First event of a fresh stream, and after a reset. */
export interface Snapshot {
  readonly collections: readonly CollectionReport[];
  readonly samples: readonly Sample[];
  readonly health: HealthReport;
  readonly alerts: readonly Alert[];
}

/** What `api/v1/collections/:name/samples` answers. */
export interface SampleRows {
  readonly points: readonly { readonly field: string; readonly path: readonly string[] }[];
  /** `seq`, `time`, `outcome`, `durationMs`, `errorType`, then a number or null for each point. */
  readonly rows: readonly (readonly [
    seq: number,
    time: string,
    outcome: Sample["outcome"],
    durationMs: number,
    errorType: string | null,
    ...values: (number | null)[],
  ])[];
}

/** What `api/v1/health/history` answers. */
export interface HistoryAnswer extends HistoryBounds {
  readonly transitions: readonly Transition[];
}

/** An `aggregate` event. */
export type AggregateEvent = Aggregate & { readonly collection: string };
