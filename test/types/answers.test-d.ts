import type { Aggregate, Alert, CollectionReport, CollectorStats, HealthReport, Sample, Transition } from "../../src/index.ts";
import type {
  AggregatesAnswer,
  AlertsAnswer,
  CollectionAnswer,
  CollectionsAnswer,
  HealthAnswer,
  HistoryAnswer,
  OpenApiDocument,
  Problem,
  SamplesAnswer,
  StatsAnswer,
  StreamEvent,
  StreamEvents,
} from "../../src/http/index.ts";
import type { HubReport } from "../../src/answer/stats.ts";

/**
 * What is documented of an answer is what the collector hands out, no more and no less: a field that is added to one and not to the
 * other does not compile. `npm run check:types` judges.
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
same<AlertsAnswer["alerts"][number], Alert>(true);
same<CollectionsAnswer["collections"][number], CollectionReport>(true);
same<CollectionAnswer, CollectionReport>(true);
same<HistoryAnswer["transitions"][number], Transition>(true);
same<Omit<StatsAnswer, "stream">, CollectorStats>(true);
same<StatsAnswer["stream"], HubReport>(true);
same<StreamEvents["sample"], Sample>(true);
same<StreamEvents["transition"], Transition>(true);
same<StreamEvents["alert"], Alert>(true);
same<StreamEvents["snapshot"]["health"], HealthReport>(true);
same<StreamEvents["aggregate"], { readonly collection: string } & Aggregate>(true);
// @ts-expect-error -- one of them has a key that the other has not
same<{ a: number; b?: string }, { a: number }>(true);
// @ts-expect-error -- however deep it is
same<{ a: { b: number } }, { a: { b: number; c?: string } }>(true);

/** What a client writes has to compile, and a slip must not. */
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
export const reasons: string[] = Object.values(checks).flatMap((each) => each.map(({ output }) => output));
export const { type }: Problem = await get<Problem>("/nope");
export const paths: string[] = Object.keys((await get<OpenApiDocument>("/openapi.json")).paths);
declare const event: StreamEvent;
if (event.event === "alert") event.data.labels.severity satisfies "info" | "warning" | "error" | "critical";
// @ts-expect-error -- a hello has no id
if (event.event === "hello") event.id satisfies string;
