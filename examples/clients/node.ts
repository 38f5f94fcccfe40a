/**
 * A client in Node: asks for windows, then follows what happens, with the types of the answers.
 *
 * In your program you import the types from "otel-vitals/http". Run it beside a collector with:
 *   VITALS_URL=http://127.0.0.1:9464 npx node examples/clients/node.ts 10
 * The number says how many samples to wait for; without it, it goes on until Ctrl-C. With VITALS_TOKEN it sends the token.
 */
import { EventSource } from "eventsource";
import type { AggregatesAnswer, CollectionsAnswer, Problem, StreamEvents } from "../../src/http/index.ts";

const base = process.env["VITALS_URL"] ?? "http://127.0.0.1:9464";
const token = process.env["VITALS_TOKEN"];
const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};

/** The answer, or an error with the words of the problem that came instead. */
async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${base}${path}`, { headers });
  if (response.ok) return (await response.json()) as T;
  const { title, detail } = (await response.json()) as Problem;
  throw new Error(`${path}: ${title}: ${detail}`);
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

// It comes back by itself when the connection breaks, and goes on from the last id: nothing is missed for as long as it is kept.
const stream = new EventSource(`${base}/api/v1/events`, {
  fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }),
});

function on<E extends keyof StreamEvents>(type: E, tell: (data: StreamEvents[E]) => void): void {
  stream.addEventListener(type, ({ data }) => tell(JSON.parse(String(data)) as StreamEvents[E]));
}

on("snapshot", ({ health }) => console.log(`overall ${health.status}: ${health.reason}`));
on("transition", ({ component, from, to, reason }) => console.log(`${component} was ${from}, is ${to}: ${reason}`));
on("alert", ({ state, labels, reason }) => console.log(`${state}: ${labels.alertname} (${labels.severity}): ${reason}`));
on("sample", ({ seq, collection, outcome, durationMs, error }) => {
  console.log(`${seq} ${collection} ${outcome} in ${durationMs.toFixed(1)} ms${error ? `: ${error.message}` : ""}`);
  seen += 1;
  if (seen >= wanted) stream.close();
});
on("bye", ({ retryMs }) => console.log(`the collector stops; coming back in ${retryMs} ms`));
stream.addEventListener("error", ({ code, message }) => {
  // Without a code the connection broke, and it tries again.
  if (code !== undefined) console.error(`refused with ${code}: ${message}`);
});
