import { describe, expect, it } from "vitest";
import { running } from "../../support/command.ts";
import { follow } from "../../support/events.ts";

describe("signals", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "otel-vitals run says goodbye to its clients and exits with 0 on %s",
    async (signal) => {
      await using collector = await running([]);
      using stream = follow(`${collector.url}/api/v1/events`);
      await stream.until("hello");
      collector.signal(signal);
      await stream.until("bye");
      expect(await collector.ended).toBe(0);
      expect(collector.log.slice(-2)).toMatchObject([{ message: "stopping", signal }, { message: "stopped" }]);
    },
  );

  it("otel-vitals run does not hurry when a closing terminal sends SIGHUP twice", async () => {
    await using collector = await running([]);
    collector.signal("SIGHUP");
    await collector.logged(({ message }) => message === "stopping");
    collector.signal("SIGHUP");
    expect(await collector.ended).toBe(0);
    expect(collector.log.at(-1)).toMatchObject({ message: "stopped" });
  });

  it("otel-vitals run opens no debugger on SIGUSR1, and continues", async () => {
    await using collector = await running([]);
    using stream = follow(`${collector.url}/api/v1/events?types=sample`);
    collector.signal("SIGUSR1");
    // Node would have started the debugger by then.
    await stream.until("sample", 3);
    expect((await fetch(`${collector.url}/livez`)).status).toBe(200);
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    expect(collector.log.filter(({ message }) => /debugger|inspector/i.test(String(message)))).toEqual([]);
  });
});
