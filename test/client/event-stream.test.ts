import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Stream, type Connection } from "../../src/client/event-stream.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const EVENT_STREAM = { "content-type": "text/event-stream" };

/** A response whose body is these pieces. */
function stream(pieces: readonly (string | Uint8Array)[], headers: Readonly<Record<string, string>> = EVENT_STREAM): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  return new Response(body, { headers });
}

interface Asked {
  readonly url: string;
  readonly signal: AbortSignal;
}

/** A stream whose connections get these answers, and then one that stays silent. */
function follow(...answers: readonly (() => Response)[]) {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (url: string, { signal }: { readonly signal: AbortSignal }) => {
    const answer = answers[asked.length];
    asked.push({ url, signal });
    return answer ? answer() : new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
  });
  const received: (readonly [type: string, data: unknown])[] = [];
  const states: Connection[] = [];
  let changed = (): void => {};
  const followed = new Stream("events?types=sample", {
    event: (type, data) => void received.push([type, data]),
    connection: (connection) => {
      states.push(connection);
      changed();
    },
  });
  let seen = 0;
  /** The next state of this kind. */
  const next = async <K extends Connection["kind"]>(kind: K): Promise<Extract<Connection, { kind: K }>> => {
    for (;;) {
      const state = states[seen];
      if (state) {
        seen += 1;
        if (state.kind === kind) return state as Extract<Connection, { kind: K }>;
      } else await new Promise<void>((resolve) => (changed = resolve));
    }
  };
  /** How long each of so many waits is; each ends at once. */
  const waits = async (count: number): Promise<readonly number[]> => {
    const list: number[] = [];
    followed.open();
    while (list.length < count) {
      const { untilMs } = await next("waiting");
      list.push(untilMs - performance.now());
      followed.retryNow();
    }
    return list;
  };
  return { followed, asked, received, states, next, waits };
}

const times = (count: number, answer: () => Response): readonly (() => Response)[] => Array.from({ length: count }, () => answer);

describe("Stream", () => {
  it("Stream does not take a proxy's sign-in page for the stream: it says what it received, and waits longer each time", async () => {
    const page = (): Response => stream(["<!doctype html>\n\ndata: 1\n\n"], { "content-type": "text/html; charset=utf-8" });
    const { followed, received, states, next, waits } = follow(...times(6, page));
    expect(await waits(6)).toEqual([1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
    expect(received).toEqual([]);
    expect(states.some(({ kind }) => kind === "open")).toBe(false);
    expect(states.find(({ kind }) => kind === "waiting")).toMatchObject({
      why: "Received text/html instead of an event stream; a proxy may require you to sign in",
    });
    followed.close();
    await next("closed");
  });

  it.each(["text/event-stream", "Text/Event-Stream;charset=UTF-8", "text/event-stream;", "text/event-stream; bogus"])(
    "Stream reads a response of type %s",
    async (type) => {
      const { followed, received, next } = follow(() => stream(["data: 1\n\n"], { "content-type": type }));
      followed.open();
      await next("waiting");
      expect(received).toEqual([["message", 1]]);
      followed.close();
    },
  );

  it.each(["text/event-streamx", "application/json", "text/html; text/event-stream", ""])(
    "Stream refuses a response of type %j",
    async (type) => {
      const { followed, received, next } = follow(() => stream(["data: 1\n\n"], type === "" ? {} : { "content-type": type }));
      followed.open();
      expect((await next("waiting")).why).toContain(`Received ${type === "" ? "content without a type" : type.split(";")[0]} instead`);
      expect(received).toEqual([]);
      followed.close();
    },
  );

  it("Stream waits longer each time while connections open and end without an event", async () => {
    const { followed, waits } = follow(...times(5, () => stream([": welcome\n\nid: 4\n\n"])));
    expect(await waits(5)).toEqual([1_000, 2_000, 4_000, 7_500, 7_500]);
    followed.close();
  });

  it("Stream starts again with the shortest wait after an event", async () => {
    const empty = (): Response => stream([]);
    const { followed, waits } = follow(empty, empty, empty, () => stream(["data: 1\n\n"]), empty);
    expect(await waits(5)).toEqual([1_000, 2_000, 4_000, 500, 1_000]);
    followed.close();
  });

  it.each([
    ["-5", [1_000, 2_000, 4_000]],
    ["0", [1_000, 2_000, 4_000]],
    ["7", [7_000, 7_000, 7_000]],
    ["Sun, 06 Nov 1994 08:49:37 GMT", [37_000, 37_000, 37_000]],
  ])("Stream waits as Retry-After: %s says, but never less than it does by itself", async (value, expected) => {
    const headers = { "retry-after": value, date: "Sun, 06 Nov 1994 08:49:00 GMT" };
    const { followed, waits } = follow(...times(3, () => new Response("", { status: 503, headers })));
    expect(await waits(3)).toEqual(expected);
    followed.close();
  });

  it("Stream waits for at least the stream's reconnection time from then on", async () => {
    const { followed, waits } = follow(
      () => stream(["retry: 3000\ndata: 1\n\n"]),
      () => stream(["data: 1\n\nretry: 2x\n\n"]),
    );
    expect(await waits(2)).toEqual([3_000, 3_000]);
    followed.close();
  });

  it.each([
    ["with a negative time", '{"retryMs":-1}'],
    ["without a time", "{}"],
    ["with a word for a time", '{"retryMs":"soon"}'],
  ])("Stream waits longer each time after farewells %s", async (_, data) => {
    const { followed, waits } = follow(...times(3, () => stream([`event: bye\ndata: ${data}\n\n`])));
    expect(await waits(3)).toEqual([1_000, 2_000, 4_000]);
    followed.close();
  });

  it("Stream does not connect again after a 204, unless the user asks for it", async () => {
    const { followed, asked, received, next } = follow(
      () => new Response(null, { status: 204 }),
      () => stream(["data: 1\n\n"]),
    );
    followed.open();
    expect((await next("stopped")).why).toBe("The server ended the stream with status 204");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked).toHaveLength(1);
    followed.retryNow();
    await next("waiting");
    expect(received).toEqual([["message", 1]]);
    followed.close();
  });

  it("Stream reports a 401 and does not connect again", async () => {
    const { followed, asked, next } = follow(() => new Response("{}", { status: 401 }));
    followed.open();
    await next("signed-out");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked).toHaveLength(1);
  });

  it("Stream takes no other success than 200 for the stream", async () => {
    const { followed, received, next } = follow(() => {
      const { body, headers } = stream(["data: 1\n\n"]);
      return new Response(body, { status: 202, headers });
    });
    followed.open();
    expect((await next("waiting")).why).toContain("The collector returned 202");
    expect(received).toEqual([]);
    followed.close();
  });

  it("Stream decodes UTF-8 that arrives byte by byte, after a byte-order mark", async () => {
    const bytes = new TextEncoder().encode('\uFEFFid: ü1\nevent: größe\ndata: "🌍 ok€"\n\nid: cut off\ndata: "lost"\n');
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const { followed, asked, received, next } = follow(() => stream(pieces));
    followed.open();
    await next("waiting");
    expect(received).toEqual([["größe", "🌍 ok€"]]);
    followed.retryNow();
    await next("connecting");
    expect(asked[1]?.url).toBe("events?types=sample&last_event_id=%C3%BC1");
    followed.close();
  });

  it("Stream resumes from an id that came without data, and ignores one with NUL", async () => {
    const { followed, asked, next } = follow(() => stream(["id: 3\ndata: 1\n\nid: 4\n\nid: 5\0\n\n"]));
    followed.open();
    await next("waiting");
    followed.retryNow();
    await next("connecting");
    expect(asked.map(({ url }) => url)).toEqual(["events?types=sample", "events?types=sample&last_event_id=4"]);
    followed.close();
  });

  it("Stream disconnects from what it cannot read, says so, and resumes after the event", async () => {
    const { followed, asked, received, next } = follow(() => {
      const endless = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode("id: 8\nevent: sample\ndata: <html>\n\n")),
      });
      return new Response(endless, { headers: EVENT_STREAM });
    });
    followed.open();
    expect((await next("waiting")).why).toBe('The event stream is invalid: the data of "sample" is not JSON');
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(received).toEqual([]);
    followed.retryNow();
    await next("connecting");
    expect(asked[1]?.url).toContain("last_event_id=8");
    followed.close();
  });

  it("Stream ends its connection when it is closed, and connects once when it is opened again", async () => {
    const { followed, asked, next } = follow();
    followed.open();
    followed.open();
    await next("connecting");
    followed.close();
    await next("closed");
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
    followed.open();
    await next("connecting");
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    followed.close();
  });

  it("Stream counts a connection without a byte for 45 s as lost", async () => {
    const { followed, asked, next } = follow();
    followed.open();
    await next("connecting");
    await vi.advanceTimersByTimeAsync(44_999);
    expect(asked[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await next("waiting")).why).toBe("No data received for 45s");
    followed.close();
  });
});
