import type {
  Aggregate,
  Alert,
  CollectionReport,
  CollectorStats,
  ComponentReport,
  ExporterReport,
  HealthReport,
  Sample,
  SinkReport,
  Statistics,
  Transition,
} from "../../src/index.ts";
import type { HistoryBounds } from "../../src/health/history.ts";
import type { ThresholdReport } from "../../src/health/rules/user.ts";
import type {
  AggregateReport,
  AggregatesAnswer,
  AlertsAnswer,
  CollectionAnswer,
  CollectionsAnswer,
  HealthAnswer,
  HistoryAnswer,
  OpenApiDocument,
  Problem,
  SamplesAnswer,
  StatisticsReport,
  StatsAnswer,
  StreamEvent,
  StreamEvents,
  StreamReport,
} from "../../src/http/index.ts";

/**
 * The schemas of responses equal the types that the collector returns: a field that is added to one and not to the other does not
 * compile. `npm run check:types` checks.
 */
type Keys<T> = T extends readonly (infer Item)[]
  ? readonly Keys<Item>[]
  : T extends object
    ? string extends keyof T
      ? T
      : { [K in keyof Required<T>]: Keys<T[K]> }
    : T;
type Same<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? keyof A extends keyof B
      ? keyof B extends keyof A
        ? true
        : false
      : false
    : false
  : false;
declare function same<A, B>(verdict: Same<Keys<A>, Keys<B>>): void;

same<AggregatesAnswer["windows"][number], Aggregate>(true);
same<AggregateReport, Aggregate>(true);
same<StatisticsReport, Statistics>(true);
same<AlertsAnswer["alerts"][number], Alert>(true);
same<CollectionsAnswer["collections"][number], CollectionReport>(true);
same<CollectionAnswer, CollectionReport>(true);
same<CollectionReport["thresholds"][number], ThresholdReport>(true);
same<Omit<HistoryAnswer, "transitions">, HistoryBounds>(true);
same<StreamEvents["snapshot"]["health"]["components"][number], ComponentReport>(true);
same<StatsAnswer["sinks"][number], SinkReport>(true);
same<StatsAnswer["exporters"][number], ExporterReport>(true);
same<HistoryAnswer["transitions"][number], Transition>(true);
same<Omit<StatsAnswer, "stream">, CollectorStats>(true);
same<StatsAnswer["stream"], StreamReport>(true);
same<StreamEvents["sample"], Sample>(true);
same<StreamEvents["transition"], Transition>(true);
same<StreamEvents["alert"], Alert>(true);
same<StreamEvents["snapshot"]["health"], HealthReport>(true);
same<StreamEvents["aggregate"], { readonly collection: string } & Aggregate>(true);
// @ts-expect-error -- one of them has a key that the other does not have
same<{ a: number; b?: string }, { a: number }>(true);
// @ts-expect-error -- the same, at any depth
same<{ a: { b: number } }, { a: { b: number; c?: string } }>(true);

/** What a client writes compiles, and mistakes do not. */
declare function get<T>(path: string): Promise<T>;
const { windows } = await get<AggregatesAnswer>("/api/v1/collections/graph/aggregates");
export const rate: number | null | undefined = windows[0]?.successRate;
const { rows } = await get<SamplesAnswer>("/api/v1/collections/graph/samples");
for (const [time, outcome, , , ...points] of rows) {
  time satisfies string;
  if (outcome === "missed") points satisfies (number | null)[];
  // @ts-expect-error -- there is no such outcome
  if (outcome === "late") points.pop();
}
const { checks = {} } = await get<HealthAnswer>("/health");
export const reasons: string[] = Object.values(checks).flatMap((each) => each.map(({ output = "" }) => output));
export const { type }: Problem = await get<Problem>("/nope");
export const paths: string[] = Object.keys((await get<OpenApiDocument>("/openapi.json")).paths);
declare const event: StreamEvent;
if (event.event === "alert") event.data.labels.severity satisfies "info" | "warning" | "error" | "critical";
// @ts-expect-error -- a hello has no id
if (event.event === "hello") event.id satisfies string;
