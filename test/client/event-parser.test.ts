import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventParser } from "../../src/client/event-parser.ts";

/** What a parser finds in texts that arrive one after the other. */
function found(...texts: readonly string[]): readonly string[] {
  const list: string[] = [];
  const parser = new EventParser({
    event: (type, data) => list.push(`${type}: ${data}`),
    lastId: (id) => list.push(`id: ${id}`),
    retry: (ms) => list.push(`retry: ${ms}`),
  });
  for (const text of texts) parser.feed(text);
  return list;
}

/** The cases of web-platform-tests, eventsource/format-*, and of HTML's own examples. */
const CASES: readonly (readonly [what: string, stream: string, expected: readonly string[]])[] = [
  ["joins the data of several lines", "data: YHOO\ndata: +2\ndata: 10\n\n", ["message: YHOO\n+2\n10"]],
  ["ends lines at LF", "data:a\n\ndata:b\n\n", ["message: a", "message: b"]],
  ["ends lines at CR", "data:a\r\rdata:b\r\r", ["message: a", "message: b"]],
  ["ends lines at CRLF", "data:a\r\n\r\ndata:b\r\n\r\n", ["message: a", "message: b"]],
  ["ends lines at any mixture", "data:a\r\n\ndata:b\n\r\ndata:c\r\r\n", ["message: a", "message: b", "message: c"]],
  ["takes LF CR for two ends", "data:a\n\rdata:b\n\r", ["message: a", "message: b"]],
  ["removes one space after the colon", "data:a\n\ndata: b\n\ndata:  c\n\n", ["message: a", "message: b", "message:  c"]],
  ["keeps a tab after the colon", "data:\ttest\rdata: \ndata:test\n\n", ["message: \ttest\n\ntest"]],
  [
    "dispatches empty data, but not a missing one",
    "data\n\ndata\ndata\n\ndata:\n\nevent: x\n\n",
    ["message: ", "message: \n", "message: "],
  ],
  ["takes a line without colon for the name of a field", "data:abc\n data\ndata\nfoobar:xxx\njusttext\n:\n\n", ["message: abc\n"]],
  ["skips comments", `data:1\r:\0\n:\r\ndata:2\n:${"x".repeat(4_096)}\rdata:3\n:data:fail\r\n\n`, ["message: 1\n2\n3"]],
  [
    "skips fields with other names",
    "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\n\n",
    ["message: \0\n 2\n1\n3"],
  ],
  ["keeps a colon in the value", "data:a:b\n\n", ["message: a:b"]],
  ["keeps a NUL in data", "data:\0\n\n", ["message: \0"]],
  ["names the type", "event:test\ndata:x\n\ndata:x\n\n", ["test: x", "message: x"]],
  ["takes the last type", "event:a\nevent:b\ndata:x\n\n", ["b: x"]],
  ["takes an empty type for message", "event: \ndata:x\n\nevent\ndata:y\n\n", ["message: x", "message: y"]],
  ["forgets the type of an event without data", "event:test\n\ndata:x\n\n", ["message: x"]],
  ["takes an id", "id: 7\ndata:x\n\n", ["id: 7", "message: x"]],
  ["keeps an id that an event without data sets", "id: 7\n\n", ["id: 7"]],
  ["keeps the id for events without one", "id:7\ndata:x\n\ndata:y\n\n", ["id: 7", "message: x", "id: 7", "message: y"]],
  ["takes an empty id", "id\ndata:x\n\n", ["id: ", "message: x"]],
  ["ignores an id with NUL", "id:7\nid:a\0b\nid:\0\ndata:x\n\n", ["id: 7", "message: x"]],
  ["keeps an id of other characters", "id: …é\ndata:x\n\n", ["id: …é", "message: x"]],
  ["takes a reconnection time at once", "retry:3000\n", ["retry: 3000"]],
  [
    "ignores a reconnection time with other characters than digits",
    "retry:1000\nretry:2000x\nretry:-1\nretry:1e3\nretry:٣\nretry\nretry: \n",
    ["retry: 1000"],
  ],
  ["drops an event that the end cuts off", "data:a\n\nid:9\ndata:b\n", ["message: a"]],
  ["drops a line that the end cuts off", "data:a\n\nretry:5", ["message: a"]],
  ["takes a second byte-order mark for a part of a name", "\uFEFFdata:1\n\ndata:2\n\n", ["message: 2"]],
];

describe("EventParser", () => {
  it.each(CASES)("EventParser %s, also in pieces of one character", (_, stream, expected) => {
    expect(found(stream)).toEqual(expected);
    expect(found(...stream.split(""))).toEqual(expected);
  });

  it("EventParser finds the same wherever its text is cut", () => {
    const whole = CASES.map(([, stream]) => stream).join("\n\n");
    const cuts = fc.array(fc.nat(whole.length), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, (places) => {
        const sorted = [0, ...places.sort((a, b) => a - b), whole.length];
        expect(found(...sorted.slice(1).map((end, n) => whole.slice(sorted[n], end)))).toEqual(found(whole));
      }),
    );
  });

  it("EventParser dispatches an event at its blank line, even if that ends in a CR that an LF may follow", () => {
    expect(found("data:a\r\n\r")).toEqual(["message: a"]);
    expect(found("data:a\r\n\r", "\ndata:b\n\n")).toEqual(["message: a", "message: b"]);
  });

  it("EventParser refuses an event without end instead of buffering it", () => {
    const endless = "x".repeat(1024 * 1024);
    const parser = new EventParser({ event: () => {}, lastId: () => {}, retry: () => {} });
    const feedAll = (text: string): void => {
      for (let n = 0; n < 20; n += 1) parser.feed(text);
    };
    expect(() => feedAll(endless)).toThrow("an event is longer than 16777216 characters");
    const other = new EventParser({ event: () => {}, lastId: () => {}, retry: () => {} });
    expect(() => {
      for (let n = 0; n < 20; n += 1) other.feed(`data:${endless}\n`);
    }).toThrow(RangeError);
  });
});
