/** The servers that the stream benchmark compares. Each is loaded by its own process alone, so that memory is that server's. */
export interface StreamServer {
  readonly port: number;
  /** Sends one event to every client; only ours knows collections, and sends it to those who asked for it. */
  emit(bytes?: number, collection?: string): void;
  clients(): number | Promise<number>;
}

export const STREAM_SERVERS: Readonly<Record<string, () => Promise<StreamServer>>> = {
  "otel-vitals": async () => (await import("./otel-vitals.ts")).start(),
  "node:http, one buffer": async () => (await import("./bare.ts")).start(),
  "better-sse": async () => (await import("./better-sse.ts")).start(),
  "hono streamSSE": async () => (await import("./stream-sse.ts")).start(),
};
