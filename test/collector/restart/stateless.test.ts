import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serveHttp } from "../../support/http-server.ts";
import { each, scriptedCollector } from "../../support/scripted.ts";

interface Posted {
  readonly status: string;
  readonly fingerprint: string;
  readonly startsAt: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A webhook that keeps what it receives. */
async function serveWebhook() {
  const alerts: Posted[] = [];
  const server = await serveHttp((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += String(chunk)));
    request.on("end", () => {
      alerts.push(...(JSON.parse(text) as { readonly alerts: readonly Posted[] }).alerts);
      response.end();
    });
  });
  return { alerts, server };
}

let webhook: Awaited<ReturnType<typeof serveWebhook>>;
beforeEach(async () => void (webhook = await serveWebhook()));
afterEach(() => webhook.server[Symbol.asyncDispose]());

const GRACE_MS = 30_000;

/** One life of a collector: it runs for `ms`, with a queue of this depth, and stops. */
async function live(depth: number, ms: number): Promise<void> {
  const config = each(["jobs"]);
  const { clock, collector } = scriptedCollector(
    { jobs: () => ({ depth }) },
    {
      ...config,
      health: {
        startup_grace: `${GRACE_MS}ms`,
        rules: [{ name: "Deep", collection: "jobs", field: "depth", above: 50, keep_firing_for: "10s" }],
      },
      alerts: { webhook: { url: webhook.server.url } },
    },
    { identity: { instance: "here:9464" } },
  );
  await collector.start();
  await clock.advance(ms);
  // A stop sends what is pending, and waits for it.
  await collector.shutdown();
}

describe("A restart", () => {
  it("A stop resolves no alert, because a problem does not end with its observer", async () => {
    await live(99, GRACE_MS + 5_000);
    expect(webhook.alerts).toMatchObject([{ status: "firing", labels: { alertname: "Deep" } }]);
  });

  it("A problem that lasts is sent again when the start-up grace ends, with the same fingerprint", async () => {
    await live(99, GRACE_MS + 5_000);
    await live(99, GRACE_MS - 5_000);
    expect(webhook.alerts).toHaveLength(1);
    await live(99, GRACE_MS + 5_000);
    const [before, after] = webhook.alerts;
    expect(webhook.alerts).toHaveLength(2);
    expect(after).toMatchObject({ status: "firing", fingerprint: before?.fingerprint });
  });

  it("A problem that ended during the restart is not resolved, because nothing is known of it", async () => {
    await live(99, GRACE_MS + 5_000);
    await live(1, GRACE_MS + 60_000);
    expect(webhook.alerts.map(({ status }) => status)).toEqual(["firing"]);
  });
});
