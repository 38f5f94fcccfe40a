import type { SystemMetrics } from "../../sample/system-metrics.ts";
import type { ByteReader } from "./byte-reader.ts";
import { isName, record } from "./measured.ts";

const COLON = 0x3a;

type NetworkIo = NonNullable<SystemMetrics["networkIo"]>;

/** `/proc/net/dev`: bytes received and sent over each interface, loopback included; a line that is cut off is left out. */
export function parseNetwork(reader: ByteReader): NetworkIo | undefined {
  const io = record<NetworkIo[string]>();
  let any = false;
  // Two lines of headings come first.
  for (reader.nextLine(), reader.nextLine(); !reader.atEnd; reader.nextLine()) {
    const name = reader.word(COLON);
    const receive = reader.number();
    reader.skipWords(7);
    const transmit = reader.number();
    if (!isName(name) || Number.isNaN(receive + transmit)) continue;
    io[name] = { receive, transmit };
    any = true;
  }
  return any ? io : undefined;
}
