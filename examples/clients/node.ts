/**
 * A typed client for Node: queries windows, then subscribes to the event stream.
 *
 * In your program, import the types from "otel-vitals/http". With a running collector, start it with:
 *   VITALS_URL=http://127.0.0.1:9464 npx node examples/clients/node.ts 10
 * It exits after that number of samples; without the number, it runs until Ctrl-C. If VITALS_TOKEN is set, it is sent as the bearer token.
 */
import { EventSource } from "eventsource";
import type { AggregatesAnswer, CollectionsAnswer, Problem, StreamEvents } from "../../src/http/index.ts";

const base = process.env["VITALS_URL"] ?? "http://127.0.0.1:9464";
const token = process.env["VITALS_TOKEN"];
const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};

/** Returns the response's body. @throws with the problem's title and detail if the request fails */
async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${base}${path}`, { headers });
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
  throw new Error(`${path}: ${problem ? `${problem.title}: ${problem.detail}` : `HTTP status ${response.status}`}`);
}

const { collections } = await get<CollectionsAnswer>("/api/v1/collections");
for (const { name, source, intervalMs } of collections) {
  const { windows } = await get<AggregatesAnswer>(`/api/v1/collections/${name}/aggregates?window=1m`);
  console.log(
    `${name} from ${source} every ${intervalMs} ms: ${windows[0]?.due} ticks in a minute, success rate ${windows[0]?.successRate}`,
  );
}

const wanted = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
let seen = 0;

const RETRY_MS = 5_000;

// EventSource reconnects automatically and resumes from the last id. No event is lost while the journal retains it.
function subscribe(): void {
  const stream = new EventSource(`${base}/api/v1/events`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }),
  });
  const on = <E extends keyof StreamEvents>(type: E, handle: (data: StreamEvents[E]) => void): void => {
    stream.addEventListener(type, ({ data }) => handle(JSON.parse(String(data)) as StreamEvents[E]));
  };
  on("snapshot", ({ health }) => console.log(`overall ${health.status}: ${health.reason}`));
  on("transition", ({ component, from, to, reason }) => console.log(`${component} was ${from}, is ${to}: ${reason}`));
  on("alert", ({ state, labels, reason }) => console.log(`${state}: ${labels.alertname} (${labels.severity}): ${reason}`));
  on("sample", ({ time, collection, outcome, durationMs, error }) => {
    console.log(`${time} ${collection} ${outcome} in ${durationMs.toFixed(1)} ms${error ? `: ${error.message}` : ""}`);
    seen += 1;
    if (seen >= wanted) stream.close();
  });
  on("bye", ({ retryMs }) => console.log(`the collector is stopping; reconnecting in ${retryMs} ms`));
  stream.addEventListener("error", ({ code, message }) => {
    // Without a code, the connection was lost and EventSource reconnects. It gives up after any other answer than an event stream.
    if (code === undefined) return;
    console.error(`the collector answered ${code}: ${message}`);
    if (code >= 500) setTimeout(subscribe, RETRY_MS);
  });
}

subscribe();
