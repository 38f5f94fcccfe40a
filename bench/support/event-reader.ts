/** A client of the event stream that shares no code with the collector. */
export interface StreamEvent {
  readonly type: string;
  /** Empty for an event without one. */
  readonly id: string;
  readonly data: string;
}

/**
 * Reads an event stream until it ends, fails or is aborted.
 *
 * @param lastId id of the last event of an earlier connection; empty for none
 * @param more headers beside those of the stream
 * @returns why it ended
 */
export async function readEvents(
  url: string,
  lastId: string,
  take: (event: StreamEvent) => void,
  signal: AbortSignal,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const headers = { ...more, ...(lastId === "" ? {} : { "last-event-id": lastId }) };
    const response = await fetch(url, { headers, signal });
    if (response.status !== 200) return `status ${response.status}`;
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) take(eventOf(block));
    }
    return "the stream ended";
  } catch (error) {
    const { cause, message } = error as Error;
    return cause instanceof Error ? cause.message : message;
  }
}

function eventOf(block: string): StreamEvent {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart());
  }
  return { type: fields.get("event") ?? "message", id: fields.get("id") ?? "", data: fields.get("data") ?? "" };
}
