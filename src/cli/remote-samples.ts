import type * as z from "zod";
import { collectionsAnswer, samplesAnswer, type SamplesAnswer } from "../answer/collection.ts";
import { alertsAnswer, historyAnswer, type Alert } from "../answer/health.ts";
import { statsAnswer } from "../answer/stats.ts";
import { VitalsError } from "../base/errors.ts";
import type { RecordedAlert, Retained } from "../collector/retained.ts";
import type { Sample } from "../sample/sample.ts";
import { assemble, type Point } from "../sample/sample-type.ts";
import { endpointAt, whyUnavailable, type Endpoint } from "./endpoint.ts";
import { EXIT, UsageError } from "./usage.ts";

/** Resolved alerts that a collector keeps for its API. */
const RESOLVED_LIMIT = 100;

/** A URL of the command line. @throws UsageError if it contains credentials, which other users of the machine would see */
export function collectorUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username === "" && url.password === "") return url;
  throw new UsageError("--replay: expected a URL without credentials; the token is that of collector.server.token or token_file");
}

/**
 * What a running collector retains, by its API: samples as long as its buffers span, alerts, and the start of the collector.
 *
 * @param token sent as a bearer token; empty for none
 * @throws VitalsError `source_unreachable` if no collector responds, `unauthorized` if it requires another token
 */
export async function readCollector(url: URL, token: string): Promise<Retained> {
  const endpoint = endpointAt(url, token);
  const get = <S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> => answer(endpoint, path, schema);
  const startedBeforeMs = Date.now();
  const { uptimeSeconds } = await get("api/v1/stats", statsAnswer);
  const startMs = startedBeforeMs - uptimeSeconds * 1_000;
  const { collections } = await get("api/v1/collections", collectionsAnswer);
  const samples: Sample[] = [];
  let isFromStart = true;
  for (const { name, retain, samples: count } of collections) {
    samples.push(...samplesOf(await get(`api/v1/collections/${encodeURIComponent(name)}/samples?last=100000`, samplesAnswer)));
    isFromStart &&= count < retain;
  }
  const { alerts } = await get("api/v1/alerts?state=all", alertsAnswer);
  const { transitions } = await get("api/v1/health/history", historyAnswer);
  const resolved = alerts.filter(({ state }) => state === "resolved");
  const sinceMs = Math.min(...samples.map(({ time }) => Date.parse(time)));
  return {
    samples: samples.toSorted((a, b) => endOf(a) - endOf(b)),
    alerts: recordedOf(alerts),
    transitions,
    runs: [{ startMs, savedMs: undefined }],
    isFromStart: isFromStart && startMs <= sinceMs,
    notes:
      resolved.length < RESOLVED_LIMIT
        ? []
        : [`the collector keeps ${RESOLVED_LIMIT} resolved alerts: what fired and resolved before ${resolved.at(-1)?.endsAt} is not shown`],
  };
}

const endOf = ({ durationMs, time }: Sample): number => Date.parse(time) + durationMs;

function samplesOf({ collection, points, rows }: SamplesAnswer): readonly Sample[] {
  return rows.map(([time, outcome, durationMs, errorType, ...row]): Sample => {
    const head = { time, collection, outcome, durationMs };
    if (outcome !== "success") return { ...head, error: { type: errorType ?? outcome, message: errorType ?? outcome } };
    const measured = points.flatMap((point, n): (readonly [Omit<Point, "value">, number])[] => {
      const value = row[n];
      return typeof value === "number" ? [[point, value]] : [];
    });
    return { ...head, values: assemble(measured) };
  });
}

/** A firing alert fired; a resolved one fired, too. Its description keeps saying why. */
function recordedOf(alerts: readonly Alert[]): readonly RecordedAlert[] {
  return alerts
    .flatMap((alert): readonly RecordedAlert[] => {
      const { endsAt, ...rest } = alert;
      const fired: Alert = { ...rest, state: "firing", reason: alert.annotations.description };
      const fires = { atMs: Date.parse(alert.startsAt), alert: fired };
      return endsAt === undefined ? [fires] : [fires, { atMs: Date.parse(endsAt), alert }];
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}

async function answer<S extends z.ZodType>({ host, request }: Endpoint, path: string, schema: S): Promise<z.output<S>> {
  const json = await request(path).catch((error: unknown) => {
    const { code, text } = whyUnavailable(error, host);
    throw new VitalsError(code === EXIT.unreachable ? "source_unreachable" : "unauthorized", text, { cause: error });
  });
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new VitalsError("source_unreachable", `no collector responds at ${host}: expected the API of a collector, found other JSON`);
}
