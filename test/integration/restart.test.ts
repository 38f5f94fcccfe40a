import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { command, running } from "../support/command.ts";
import { follow } from "../support/events.ts";
import { serveHttp } from "../support/http-server.ts";
import { until } from "../support/until.ts";

interface Posted {
  readonly status: string;
  readonly fingerprint: string;
  readonly startsAt: string;
}

/** A queue to collect, and a webhook. */
async function serveSurroundings() {
  const state = { depth: 99, isWebhookUp: true, posted: [] as Posted[] };
  const server = await serveHttp((request, response) => {
    if (request.method === "GET") {
      response.end(JSON.stringify({ depth: state.depth }));
      return;
    }
    let text = "";
    request.on("data", (chunk: Buffer) => (text += String(chunk)));
    request.on("end", () => {
      if (state.isWebhookUp) state.posted.push(...(JSON.parse(text) as { readonly alerts: readonly Posted[] }).alerts);
      response.statusCode = state.isWebhookUp ? 200 : 503;
      response.end();
    });
  });
  return Object.assign(state, { server });
}

const configOf = (url: string): string => `
file_format: "1.0"
resource: { attributes: [{ name: service.instance.id, value: here }] }
collector:
  state: { dir: state }
  sources: { web: { kind: http-json, url: ${url}, readings: { queue: { depth: /depth } } } }
  sample_types: { queue: { depth: { kind: gauge, instrument: queue.depth, unit: "{job}", good: low } } }
  collections: { jobs: { source: web, interval: 200ms } }
  alerts: { webhook: { url: ${url} } }
  health:
    startup_grace: 1s
    interval: 500ms
    rules: [{ name: Deep, collection: jobs, field: depth, above: 50, keep_firing_for: 1s }]
`;

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const reaches = (count: () => number, least: number): Promise<number> =>
  until(
    () => pause().then(count),
    (found) => found >= least,
    2_000_000,
  );

let folder = "";
let around: Awaited<ReturnType<typeof serveSurroundings>>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "vitals-restart-"));
  around = await serveSurroundings();
  writeFileSync(join(folder, "otel-config.yaml"), configOf(around.server.url));
});
afterEach(async () => {
  await around.server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const start = () => running(["--config", join(folder, "otel-config.yaml")], { cwd: folder });

/** Starts the command, waits until it has done something, and kills it. */
async function killedAfter(wait: (url: string) => Promise<unknown>): Promise<void> {
  await using collector = await start();
  await wait(collector.url);
  collector.signal("SIGKILL");
  await collector.ended;
}

interface SinkStats {
  readonly name: string;
  readonly sent: number;
  readonly failures: number;
}

const webhookOf = async (url: string): Promise<SinkStats | undefined> =>
  ((await (await fetch(`${url}/api/v1/stats`)).json()) as { readonly sinks: readonly SinkStats[] }).sinks.find(
    ({ name }) => name === "webhook",
  );

/** Waits until the alert was sent, and for two more samples: one that is still in flight at the kill is sent once more. */
async function sent(url: string): Promise<void> {
  await until(
    () => webhookOf(url),
    (webhook) => webhook?.sent === 1,
    100_000,
  );
  using stream = follow(`${url}/api/v1/events?types=sample`);
  await stream.until("sample", 2);
}

describe("otel-vitals run after kill -9", () => {
  it("The alert of a fault that ended meanwhile is resolved at the webhook", async () => {
    await killedAfter(sent);
    around.depth = 1;
    await using _ = await start();
    await reaches(() => around.posted.length, 2);
    const [fired, resolved] = around.posted;
    expect(around.posted.map(({ status }) => status)).toEqual(["firing", "resolved"]);
    expect(resolved).toMatchObject({ fingerprint: fired?.fingerprint, startsAt: fired?.startsAt });
  });

  it("The alert of a fault that lasts is not sent again", async () => {
    await killedAfter(sent);
    await using collector = await start();
    using stream = follow(`${collector.url}/api/v1/events?types=sample`);
    // Three seconds, of which the first is the start-up grace.
    await stream.until("sample", 15);
    expect(around.posted.map(({ status }) => status)).toEqual(["firing"]);
    around.depth = 1;
    await reaches(() => around.posted.length, 2);
    expect(around.posted.map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });

  it("A notification that waited for its receiver is sent afterwards, with its start", async () => {
    around.isWebhookUp = false;
    let startsAt: string | undefined;
    await killedAfter(async (url) => {
      const alerts = async (): Promise<readonly { readonly startsAt: string }[]> =>
        ((await (await fetch(`${url}/api/v1/alerts`)).json()) as { alerts: readonly { readonly startsAt: string }[] }).alerts;
      await until(
        () => webhookOf(url),
        (webhook) => (webhook?.failures ?? 0) > 0,
        100_000,
      );
      [{ startsAt } = { startsAt: undefined }] = await alerts();
    });
    around.isWebhookUp = true;
    await using _ = await start();
    await reaches(() => around.posted.length, 1);
    expect(startsAt).toBeDefined();
    expect(around.posted).toMatchObject([{ status: "firing", startsAt }]);
  });

  it("Samples, statuses and a client of the event stream continue, and the folder is private", async () => {
    let lastId = "";
    await killedAfter(async (url) => {
      using stream = follow(`${url}/api/v1/events?types=sample`);
      lastId = (await stream.until("sample", 8)).at(-1)?.id ?? "";
    });
    await using collector = await start();
    const answer = (await (await fetch(`${collector.url}/api/v1/collections`)).json()) as {
      readonly collections: readonly { readonly samples: number }[];
    };
    expect(answer.collections[0]?.samples).toBeGreaterThanOrEqual(8);
    using stream = follow(`${collector.url}/api/v1/events?types=sample,transition,alert&last_event_id=${lastId}`);
    await stream.until("sample", 4);
    const types = stream.received.map(({ type }) => type);
    expect(types).not.toContain("reset");
    expect(types).not.toContain("snapshot");
    const numbers = stream.received.flatMap(({ id, type }) => (type === "sample" ? [Number(id.split("-").at(-1))] : []));
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    expect(numbers[0]).toBeGreaterThan(Number(lastId.split("-").at(-1)));
    expect(statSync(join(folder, "state")).mode & 0o777).toBe(0o700);
  });

  it("A damaged file is renamed and reported, the rest is restored, and no id is given twice", async () => {
    let lastId = "";
    await killedAfter(async (url) => {
      using stream = follow(`${url}/api/v1/events?types=sample`);
      lastId = (await stream.until("sample", 8)).at(-1)?.id ?? "";
    });
    const state = join(folder, "state");
    const name = readdirSync(state).find((file) => file.endsWith(".log")) ?? "";
    const bytes = readFileSync(join(state, name));
    // In the first record, which holds what was saved at the start.
    const at = bytes.indexOf("savedAt");
    bytes[at] = 0;
    writeFileSync(join(state, name), bytes);
    await using collector = await start();
    const { message } = await collector.logged((entry) => String(entry["message"]).startsWith("state: "));
    const aside = name.replace(".log", ".damaged");
    expect(message).toMatch(new RegExp(`^state: ${name} was damaged: \\d+ B are unreadable; .* is now ${aside}$`));
    expect(readFileSync(join(state, aside)).equals(bytes)).toBe(true);
    using stream = follow(`${collector.url}/api/v1/events?types=sample&last_event_id=${lastId}`);
    const [next] = await stream.until("sample", 1);
    const numberOf = (id = ""): number => Number(id.split("-").at(-1));
    expect(numberOf(next?.id)).toBeGreaterThan(numberOf(lastId));
    const { collections } = (await (await fetch(`${collector.url}/api/v1/collections`)).json()) as {
      readonly collections: readonly { readonly samples: number }[];
    };
    expect(collections[0]?.samples).toBeGreaterThanOrEqual(4);
  });

  it("A second process with the same state says in one line that it is in use, and exits with 1; a check does not need it", async () => {
    await using collector = await start();
    const config = ["--config", join(folder, "otel-config.yaml")];
    const checked = await command(["once", "--format", "json", ...config], { cwd: folder });
    expect(checked).toMatchObject({ code: 0, stderr: "" });
    const second = await command(["run", "--log-format", "json", "--listen", "127.0.0.1:0", ...config], { cwd: folder });
    expect(second.code).toBe(1);
    expect(second.stderr.trim().split("\n")).toHaveLength(1);
    expect(second.stderr).toMatch(/in use/);
    expect((await fetch(`${collector.url}/readyz`)).status).toBe(200);
  });
});
