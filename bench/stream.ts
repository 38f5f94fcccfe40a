/**
 * The event stream against other servers: server CPU per delivered event, delivery and latency, memory, the cost of clients that do not
 * read, and of clients that connect and disconnect. Each server runs in its own process, and all clients in another.
 *
 * Other sizes: npm run bench -- stream 100,1000
 */
import { execFileSync } from "node:child_process";
import { compile } from "./support/compile.ts";
import { startChild, type Child } from "./support/child.ts";
import { printTable } from "./support/measure.ts";
import type { ClientsQuestion, ClientsState } from "./support/stream/clients-process.ts";
import type { ServerQuestion, ServerState } from "./support/stream/server-process.ts";
import { STREAM_SERVERS } from "./support/stream/servers.ts";

const COMPILED = compile("stream");
const PATH = "/api/v1/events?types=sample&collections=bench";
const SIZES = (process.argv[3] ?? "1000,10000").split(",").map(Number);
/** Number of events of a measurement, by events per second. */
const RATES = [
  { aSecond: 1, count: 8 },
  { aSecond: 10, count: 40 },
];
const REFERENCE = "node:http, one buffer";
const WARM_UP = { count: 5, everyMs: 200 };

/** Milliseconds without events after which no more are expected. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 50;

interface Pair extends AsyncDisposable {
  readonly server: Child<ServerQuestion, ServerState>;
  readonly clients: Child<ClientsQuestion, ClientsState>;
}

interface Measured {
  readonly name: string;
  readonly size: number;
  readonly aSecond: number;
  readonly cpuMicroseconds: number;
  readonly delivered: number;
  readonly expected: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
}

/**
 * As `npm start`, the image and the systemd unit run it: with a smaller semi-space, which V8 grows while clients connect and does not
 * shrink.
 */
const AS_INSTALLED = "--max-semi-space-size=8";

function startPair(name: string, ...nodeFlags: readonly string[]): Pair {
  const server = startChild<ServerQuestion, ServerState>(new URL("server-process.js", COMPILED), [name], ["--expose-gc", ...nodeFlags]);
  const clients = startChild<ClientsQuestion, ClientsState>(new URL("clients-process.js", COMPILED), []);
  const dispose = async (): Promise<void> => void (await Promise.all([server, clients].map((each) => each[Symbol.asyncDispose]())));
  return { server, clients, [Symbol.asyncDispose]: dispose };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until all events have arrived, or no more arrive. */
async function arrival({ clients }: Pair, expected: number): Promise<ClientsState> {
  let last = await clients.request({});
  for (let quietMs = 0; last.delivered < expected && quietMs < PATIENCE_MS;) {
    await pause(LOOK_MS);
    const next = await clients.request({});
    quietMs = next.delivered > last.delivered ? 0 : quietMs + LOOK_MS;
    last = next;
  }
  return last;
}

async function grow({ server, clients }: Pair, path: string, count: number, stalled = false): Promise<void> {
  const { port, clients: before } = await server.request({});
  await clients.request({ connect: { port, path, count, stalled } });
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    if ((await server.request({})).clients >= before + count) return;
    await pause(LOOK_MS);
  }
  throw new Error(`expected ${before + count} clients, found ${(await server.request({})).clients}`);
}

async function deliver(pair: Pair, size: number, count: number, everyMs: number): Promise<ClientsState & { cpuMicroseconds: number }> {
  await pair.clients.request({ reset: true });
  const before = await pair.server.request({});
  await pair.server.request({ emit: { count, everyMs } });
  const state = await arrival(pair, size * count);
  const { cpuMicroseconds } = await pair.server.request({ emit: { count: 0, everyMs } });
  return { ...state, cpuMicroseconds: cpuMicroseconds - before.cpuMicroseconds };
}

async function measure(name: string): Promise<readonly Measured[]> {
  await using pair = startPair(name);
  const all: Measured[] = [];
  let joined = 0;
  for (const size of SIZES) {
    await grow(pair, PATH, size - joined);
    joined = size;
    await deliver(pair, size, WARM_UP.count, WARM_UP.everyMs);
    for (const { aSecond, count } of RATES) {
      const { cpuMicroseconds, delivered, p50Ms, p99Ms } = await deliver(pair, size, count, 1_000 / aSecond);
      const { rssBytes } = await pair.server.request({});
      all.push({
        name,
        size,
        aSecond,
        cpuMicroseconds: cpuMicroseconds / delivered,
        delivered,
        expected: size * count,
        p50Ms,
        p99Ms,
        rssBytes,
      });
    }
  }
  return all;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

function table(all: readonly Measured[]): void {
  const rows = [["", "clients", "a second", "CPU an event", "to bare", "to ours", "delivered", "p50", "p99", "RSS"]];
  const of = (name: string, { size, aSecond }: Measured): number =>
    all.find((each) => each.name === name && each.size === size && each.aSecond === aSecond)?.cpuMicroseconds ?? Number.NaN;
  const sorted = all.toSorted((a, b) => a.size - b.size || a.aSecond - b.aSecond);
  for (const each of sorted) {
    const ratio = (name: string): string => `${(each.cpuMicroseconds / of(name, each)).toFixed(2)}x`;
    rows.push([
      each.name,
      String(each.size),
      String(each.aSecond),
      `${each.cpuMicroseconds.toFixed(1)} µs`,
      ratio(REFERENCE),
      ratio("otel-vitals"),
      each.delivered === each.expected ? "all" : `${each.delivered} of ${each.expected}`,
      `${each.p50Ms.toFixed(0)} ms`,
      `${each.p99Ms.toFixed(0)} ms`,
      `${megabytes(each.rssBytes)} MB`,
    ]);
  }
  printTable(rows);
}

/** Memory growth of the server per client that does not read, at 100 events of 8 KiB per second, more than the kernel buffers. */
async function stall(name: string): Promise<readonly string[]> {
  const stalled = 200;
  const events = { count: 600, everyMs: 10, bytes: 8 * 1_024 };
  await using pair = startPair(name);
  // Memory that does not depend on the number of clients, such as the journal, is allocated before.
  await grow(pair, PATH, 1);
  await pair.server.request({ emit: { ...events, everyMs: 1 } });
  await grow(pair, PATH, stalled, true);
  const before = await pair.server.request({});
  await pair.server.request({ emit: events });
  const after = await pair.server.request({});
  return [name, `${stalled} of ${stalled}`, ...grown(before, after, stalled), "-"];
}

/** One client in twenty does not read; the others must not be affected. */
async function stallAmongMany(name: string, ...nodeFlags: readonly string[]): Promise<readonly string[]> {
  const size = Math.max(...SIZES);
  const [stalled, noise, count] = [size / 20, { count: 160, everyMs: 25, collection: "noise", bytes: 32 * 1_024 }, 5];
  const expected = (size - stalled) * count;
  await using pair = startPair("otel-vitals", ...nodeFlags);
  await grow(pair, PATH, size - stalled);
  await grow(pair, "/api/v1/events?types=sample", stalled, true);
  await pair.clients.request({ reset: true });
  const before = await pair.server.request({});
  await Promise.all([pair.server.request({ emit: noise }), pair.server.request({ emit: { count, everyMs: 1_000 } })]);
  const { delivered } = await arrival(pair, expected);
  const after = await pair.server.request({});
  const lost = delivered === expected ? "all" : `${delivered} of ${expected}`;
  return [name, `${stalled} of ${size}`, ...grown(before, after, stalled), lost];
}

const grown = (before: ServerState, after: ServerState, stalled: number): readonly string[] => [
  `${((after.rssBytes - before.rssBytes) / stalled / 1e6).toFixed(2)} MB`,
  `${megabytes(after.rssBytes)} MB`,
];

/** A thousand clients per second that disconnect at once; none of their memory may remain. */
async function comeAndGo(): Promise<void> {
  const [count, aSecond] = [3_000, 1_000];
  await using pair = startPair("otel-vitals");
  const { port } = await pair.server.request({});
  await pair.clients.request({ churn: { port, path: PATH, count, aSecond } });
  const before = await pair.server.request({});
  const begunMs = performance.now();
  await pair.clients.request({ churn: { port, path: PATH, count, aSecond } });
  const tookSeconds = (performance.now() - begunMs) / 1_000;
  await pause(500);
  const after = await pair.server.request({});
  const cpu = (after.cpuMicroseconds - before.cpuMicroseconds) / count;
  console.log(
    `\n${count} clients connected and disconnected in ${tookSeconds.toFixed(1)} s: ${cpu.toFixed(0)} µs of CPU each; ` +
      `${after.clients} left, open files ${before.openFiles} -> ${after.openFiles}, RSS ${megabytes(before.rssBytes)} -> ${megabytes(after.rssBytes)} MB`,
  );
}

const openFiles = Number(execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim().replace("unlimited", "1e9"));
const wanted = Math.max(...SIZES) + 200;
if (openFiles < wanted) throw new Error(`a process may open ${openFiles} files here and this needs ${wanted}: raise it with ulimit -Hn`);

const names = Object.keys(STREAM_SERVERS);
const measured: Measured[] = [];
for (const name of names) measured.push(...(await measure(name)));
console.log(`Events of 1 KiB; CPU of the server's process for each event delivered; Node ${process.version}`);
table(measured);
const stalls: (readonly string[])[] = [];
for (const name of names) stalls.push(await stall(name));
console.log("\nClients that do not read");
printTable([
  ["", "stalled", "grown each", "RSS", "delivered to the others"],
  ...stalls,
  await stallAmongMany("otel-vitals"),
  await stallAmongMany("otel-vitals, as installed", AS_INSTALLED),
]);
await comeAndGo();
