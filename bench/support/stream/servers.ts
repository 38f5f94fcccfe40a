/** The servers of the stream benchmark. Each is loaded only in its own process, so that the memory is that of the server. */
export interface StreamServer {
  readonly port: number;
  /** Sends one event to every client; only otel-vitals filters by the subscribed collections. */
  emit(bytes?: number, collection?: string): void;
  clients(): number | Promise<number>;
}

export const STREAM_SERVERS: Readonly<Record<string, () => Promise<StreamServer>>> = {
  "otel-vitals": async () => (await import("./otel-vitals.ts")).start(),
  "node:http, one buffer": async () => (await import("./bare.ts")).start(),
  "better-sse": async () => (await import("./better-sse.ts")).start(),
  "hono streamSSE": async () => (await import("./stream-sse.ts")).start(),
};
