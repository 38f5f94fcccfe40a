import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../src/source/host/byte-reader.ts";
import { parseNetwork } from "../../../src/source/host/io.ts";
import { NET_HEADINGS } from "./machine.ts";

const parse = (...lines: readonly string[]) =>
  parseNetwork(new ByteReader().over(Buffer.from(NET_HEADINGS + lines.map((line) => `${line}\n`).join(""))));
const line = (name: string, receive: number, transmit: number): string =>
  `${name}: ${receive} 1 2 3 4 5 6 7 ${transmit} 8 9 10 11 12 13 14`;

describe("parseNetwork", () => {
  it("parseNetwork reads bytes received and sent, also without a space after the colon, as in old kernels", () => {
    expect(parse(line("    lo", 11, 12), "  eth0:123456 1 0 0 0 0 0 0 654321 1 0 0 0 0 0 0")).toEqual({
      lo: { receive: 11, transmit: 12 },
      eth0: { receive: 123_456, transmit: 654_321 },
    });
  });

  it("parseNetwork ends a name at the last colon of the first word, so that an alias does not replace its interface", () => {
    const io = parse("  eth0:123456789012 1 0 0 0 0 0 0 987654321098 1 0 0 0 0 0 0", line("eth0:1", 5, 6), line("ibr10:30", 7, 8));
    expect(io).toEqual({
      eth0: { receive: 123_456_789_012, transmit: 987_654_321_098 },
      "eth0:1": { receive: 5, transmit: 6 },
      "ibr10:30": { receive: 7, transmit: 8 },
    });
    expect(parse("eth0:1:123456 1 0 0 0 0 0 0 654321 1 0 0 0 0 0 0")).toEqual({ "eth0:1": { receive: 123_456, transmit: 654_321 } });
  });

  it("parseNetwork accepts every interface name except __proto__, for which the sample would be refused", () => {
    const io = parse(line("büro.42@x", 1, 2), line("constructor", 3, 4), line("__proto__", 5, 6));
    expect(Object.entries(io ?? {})).toEqual([
      ["büro.42@x", { receive: 1, transmit: 2 }],
      ["constructor", { receive: 3, transmit: 4 }],
    ]);
  });

  it("parseNetwork leaves out lines that are cut off or malformed", () => {
    expect(parse("eth0: 1 2 3", "nonsense", "", "  :", line("eth1", 1, 2))).toEqual({ eth1: { receive: 1, transmit: 2 } });
  });

  it("parseNetwork returns undefined, not an empty record, without interfaces", () => {
    expect(parse()).toBeUndefined();
    expect(parseNetwork(new ByteReader().over(Buffer.alloc(0)))).toBeUndefined();
  });
});
