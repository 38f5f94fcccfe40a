/** The clients of the benchmark of answers: reads an address several times at once, and meanwhile probes another, one request at a time. */
import { answerParent } from "./child.ts";

export interface ReadRequest {
  readonly url: string;
  readonly readers: number;
  readonly probe: string;
}

export interface ReadResult {
  /** Bytes of one response. */
  readonly bytes: number;
  readonly tookMs: number;
  readonly slowestProbeMs: number;
}

async function readAll({ url, readers, probe }: ReadRequest): Promise<ReadResult> {
  const startMs = performance.now();
  const reading = new AbortController();
  const reads = Promise.all(
    Array.from({ length: readers }, async () => {
      const response = await fetch(url);
      if (response.status !== 200) throw new Error(`${url} returned ${response.status}`);
      return (await response.arrayBuffer()).byteLength;
    }),
  ).finally(() => reading.abort());
  let slowestProbeMs = 0;
  while (!reading.signal.aborted) {
    const sentMs = performance.now();
    await (await fetch(probe)).arrayBuffer();
    slowestProbeMs = Math.max(slowestProbeMs, performance.now() - sentMs);
  }
  const [bytes = 0] = await reads;
  return { bytes, tookMs: performance.now() - startMs, slowestProbeMs };
}

answerParent((request) => readAll(request as ReadRequest));
