import type { CollectionReport as CurrentReport, SamplesAnswer } from "../answer/collection.ts";
import type { StatsAnswer } from "../answer/stats.ts";

/** A response with an error status. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
  }
}

/** A request that takes longer has failed; the next poll repeats it. */
const TIMEOUT_MS = 30_000;

const NO_CONTENT = 204;

/**
 * Sends a request to the collector.
 *
 * @throws ApiError for an error status, and for a response that is not the collector's JSON; or what `fetch` throws
 */
export type Request = <T>(path: string, init?: { readonly method?: string; readonly body?: string }) => Promise<T>;

/** What every request has besides. */
export interface RequestDefaults {
  readonly headers?: Readonly<Record<string, string>>;
  /** `manual`: a redirect is an error, as every response that is not the collector's. Default: that of `fetch`. */
  readonly redirect?: "manual";
}

/**
 * Requests to one collector.
 *
 * @param base what paths are appended to: a URL that ends in `/`; empty for paths relative to the page
 */
export function requestsTo(base: string, defaults: RequestDefaults): Request {
  return async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(base + path, { ...defaults, ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new ApiError(response.status, await detailOf(response));
    if (response.status === NO_CONTENT) return undefined as T;
    const type = mediaTypeOf(response);
    if (!isJson(type)) throw new ApiError(response.status, `Received ${type} instead of JSON; a proxy may require you to sign in`);
    return (await response.json()) as T;
  };
}

/** The message of an error response. */
export async function detailOf(response: Response): Promise<string> {
  const isProblem = isJson(mediaTypeOf(response));
  const problem = isProblem
    ? ((await response.json().catch(() => undefined)) as { title?: string; detail?: string } | undefined)
    : undefined;
  return problem?.detail ?? problem?.title ?? `HTTP status ${response.status}`;
}

/** The media type of a response without its parameters, in lower case: `text/html`. */
export const mediaTypeOf = ({ headers }: Response): string =>
  headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() || "content without a type";

const isJson = (type: string): boolean => /^application\/(.+\+)?json$/.test(type);

/** An answer of a collector of this version, or of an older one that does not have these properties. */
type SinceThen<Answer, Added extends keyof Answer> = Omit<Answer, Added> & Partial<Pick<Answer, Added>>;

/** A collection and its current state. */
export type CollectionReport = SinceThen<CurrentReport, "unmeasured">;
/** Counters and state of the collector itself. */
export type Stats = SinceThen<StatsAnswer, "windows">;
export type { FieldReport, Sample, ThresholdReport } from "../answer/collection.ts";
export type { AggregateReport as Aggregate, StatisticsReport as Statistics } from "../answer/collection.ts";
export type { CollectionAggregate as AggregateEvent, Snapshot } from "../answer/event.ts";
export type { Alert, ComponentReport, HealthReport, HistoryAnswer, HistoryBounds, Transition } from "../answer/health.ts";
export type { SessionReport } from "../answer/stats.ts";
export type { Status } from "../health/status.ts";
/** The part of a samples answer that charts need. */
export type SampleRows = Pick<SamplesAnswer, "points" | "rows">;
