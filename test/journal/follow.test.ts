import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VitalsError } from "../../src/base/errors.ts";
import { follow } from "../../src/journal/follow.ts";
import { Journal } from "../../src/journal/journal.ts";
import { settle } from "../../src/base/manual-clock.ts";

const small = (maxBytes: number): Journal<string> => new Journal<string>({ maxBytes, encode: (text) => text });

function add(journal: Journal<string>, ...texts: readonly string[]): void {
  for (const text of texts) {
    journal.append(text);
    journal.commit();
  }
}

interface Following {
  readonly received: readonly string[];
  /** Stops reading; resolves to the error that ended it, if any. */
  readonly stop: () => Promise<unknown>;
}

async function start(journal: Journal<string>, after?: number, abort = new AbortController()): Promise<Following> {
  const received: string[] = [];
  const done = (async () => {
    for await (const { event } of follow(journal, { signals: [abort.signal], after })) received.push(event);
  })().catch((error: unknown) => error);
  await settle();
  return { received, stop: () => (abort.abort(), done) };
}

describe("follow", () => {
  it("follow without a number yields entries from now on", async () => {
    const journal = small(1_000);
    add(journal, "before");
    const { received, stop } = await start(journal);
    add(journal, "a", "b");
    await settle();
    add(journal, "c");
    await settle();
    expect(received).toEqual(["a", "b", "c"]);
    expect(await stop()).toBeUndefined();
  });

  it("follow after a number yields the retained entries after it, then new ones", async () => {
    const journal = small(1_000);
    add(journal, "a", "b", "c");
    const { received, stop } = await start(journal, 1);
    expect(received).toEqual(["b", "c"]);
    add(journal, "d");
    await settle();
    expect(received).toEqual(["b", "c", "d"]);
    await stop();
  });

  it("follow yields an entry appended while another is handled next", async () => {
    const journal = small(1_000);
    const abort = new AbortController();
    const received: string[] = [];
    const following = (async () => {
      for await (const { event } of follow(journal, { after: 0, signals: [abort.signal] })) {
        received.push(event);
        if (event === "a") add(journal, "b");
      }
    })();
    add(journal, "a");
    await settle();
    abort.abort();
    await following;
    expect(received).toEqual(["a", "b"]);
  });

  it.each([
    ["is no longer retained", 0, "cannot resume after event 0: events 3 to 4 are retained"],
    ["does not exist yet", 9, "cannot resume after event 9: events 3 to 4 are retained"],
  ])("follow throws for a number that %s", async (_, after, message) => {
    const journal = small(2);
    add(journal, "a", "b", "c", "d");
    const first = follow(journal, { after }).next();
    await expect(first).rejects.toThrow(VitalsError);
    await expect(first).rejects.toMatchObject({ code: "journal_gap", message });
  });

  it("follow throws instead of skipping entries that a slow reader missed", async () => {
    const journal = small(2);
    add(journal, "a");
    const entries = follow(journal, { after: 0 });
    expect((await entries.next()).value).toMatchObject({ event: "a" });
    add(journal, "b", "c", "d", "e", "f");
    await expect(entries.next()).rejects.toMatchObject({ code: "journal_gap" });
  });

  it("follow with an aborted signal yields nothing", async () => {
    const journal = small(1_000);
    add(journal, "a");
    const aborted = new AbortController();
    aborted.abort();
    const { received, stop } = await start(journal, 0, aborted);
    expect(received).toEqual([]);
    expect(await stop()).toBeUndefined();
  });

  it("follow yields each entry once and in order, whatever the timing of appends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }), async (bursts) => {
        const journal = small(100_000);
        const { received, stop } = await start(journal, 0);
        for (const burst of bursts) {
          for (let n = 0; n < burst; n += 1) add(journal, String(journal.head + 1));
          await settle();
        }
        await stop();
        expect(received).toEqual(Array.from({ length: journal.head }, (_, n) => String(n + 1)));
      }),
      { numRuns: 25 },
    );
  });
});
