/** One message of an event stream (WHATWG HTML, "Server-sent events"), as the bytes every client gets. */
export function frame(parts: { readonly id?: string; readonly event: string; readonly data: string; readonly retryMs?: number }): Buffer {
  const { id, event, data, retryMs } = parts;
  const lines = [
    ...(retryMs === undefined ? [] : [`retry: ${retryMs}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    `event: ${event}`,
    `data: ${data}`,
  ];
  return Buffer.from(`${lines.join("\n")}\n\n`);
}
