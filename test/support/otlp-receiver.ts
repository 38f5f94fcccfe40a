import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("./otlp-receiver/node_modules/autotel-devtools/dist/cli.js", import.meta.url));

/** The receiver's protobuf library. The OTLP definitions in the receiver are older than event names of log records. */
const PROTOBUF = new URL("./otlp-receiver/node_modules/protobufjs/index.js", import.meta.url).href;

const LOGS_PROTO = `syntax = "proto3";
message LogRecord { string event_name = 12; }
message ScopeLogs { repeated LogRecord log_records = 2; }
message ResourceLogs { repeated ScopeLogs scope_logs = 2; }
message Request { repeated ResourceLogs resource_logs = 1; }`;

interface LogsRequest {
  readonly resourceLogs: readonly { readonly scopeLogs: readonly { readonly logRecords: readonly { readonly eventName: string }[] }[] }[];
}

interface Protobuf {
  parse(source: string): { readonly root: { lookupType(name: string): { decode(body: Uint8Array): LogsRequest } } };
}

/** A series as the receiver returns it. */
export interface ReceivedSeries {
  readonly name: string;
  readonly unit: string;
  readonly kind: string;
  readonly scope: { readonly name: string; readonly version: string };
  readonly resource: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly points: readonly { readonly value?: number; readonly startTimestamp: number; readonly timestamp: number }[];
}

/** A log record as the receiver returns it, without its event name. */
export interface ReceivedLog {
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly timestamp: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A free port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Event names of the log records in a request, decoded by a library other than the sender's. */
export async function eventNames(body: Buffer, encoding: "json" | "protobuf"): Promise<readonly string[]> {
  const { default: protobuf } = (await import(PROTOBUF)) as { readonly default: Protobuf };
  const { resourceLogs } =
    encoding === "json" ? (JSON.parse(body.toString()) as LogsRequest) : protobuf.parse(LOGS_PROTO).root.lookupType("Request").decode(body);
  return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ eventName }) => eventName)));
}

async function query(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return response.json();
}

/** Starts the independent OTLP receiver; killed at the end of the scope. */
export async function startReceiver(port?: number) {
  const [httpPort, grpcPort] = [port ?? (await freePort()), await freePort()];
  const child = spawn(process.execPath, [CLI, "--port", String(httpPort), "--grpc-port", String(grpcPort)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = `http://127.0.0.1:${httpPort}`;
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => String(chunk).includes("Listening") && resolve());
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the OTLP receiver ended with code ${code} before it listened`)));
  });
  // Its live view, because its query API keeps only the last of the records with equal timestamp and severity.
  const logs: ReceivedLog[] = [];
  const waiting = new Set<() => void>();
  const view = new WebSocket(`${url.replace("http", "ws")}/ws`);
  view.addEventListener("message", ({ data }) => {
    logs.push(...((JSON.parse(String(data)) as { logs?: ReceivedLog[] }).logs ?? []));
    for (const check of waiting) check();
  });
  await new Promise((resolve, reject) => {
    view.addEventListener("open", resolve, { once: true });
    view.addEventListener("error", reject, { once: true });
  });
  return {
    endpoint: `${url}/v1/metrics`,
    logsEndpoint: `${url}/v1/logs`,
    /** Every series of a metric received so far. */
    async series(name: string): Promise<readonly ReceivedSeries[]> {
      return ((await query(`${url}/api/query/metrics`, { name, limit: 100 })) as { series: readonly ReceivedSeries[] }).series;
    },
    /** Log records received so far. */
    logs,
    /** Resolves with the first matching log record, past or future. */
    logged: (fits: (log: ReceivedLog) => boolean): Promise<ReceivedLog> =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = logs.find(fits);
          if (!found) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    async [Symbol.asyncDispose]() {
      view.close();
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
