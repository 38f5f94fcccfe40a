import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Alert } from "../../src/index.ts";
import { running } from "../support/command.ts";
import { follow } from "../support/events.ts";
import type { Fault } from "../support/faulty-source.ts";
import { serveHttp } from "../support/http-server.ts";

const KIND = new URL("../support/faulty-source.ts", import.meta.url).pathname;
const SOURCES = ["failing", "slow", "hanging", "silent", "blocking", "filling"] as const;
type Source = (typeof SOURCES)[number];

const GOOD: Fault = { mode: "good" };

/** Each fault with the expected alerts of the built-in rules. */
const FAULTS: Readonly<
  Record<Source, { readonly fault: Fault; readonly alerts: readonly (readonly [name: string, component: string, reason: RegExp])[] }>
> = {
  failing: {
    fault: { mode: "fails" },
    alerts: [
      [
        "VitalsBreakerOpen",
        "source:failing",
        /^the breaker is open after 3 consecutive failures; last error: out of order; clears when the breaker is closed for 1s$/,
      ],
      [
        "VitalsCollectionFailing",
        "collection:failing",
        /^success rate over 1m is 0\.\d+ \((degraded below 0\.80|critical below 0\.50)\); last error: .+; clears above 0\.[69]0 for 1s$/,
      ],
    ],
  },
  slow: {
    fault: { mode: "slow", ms: 220 },
    alerts: [
      [
        "VitalsCollectionSlow",
        "collection:slow",
        /^p95 of the reading time over 1m is \d+(\.\d)? m?s \(degraded above 150 ms\); clears at 150 ms or below for 1s$/,
      ],
    ],
  },
  hanging: {
    fault: { mode: "hangs" },
    alerts: [
      [
        "VitalsTicksMissed",
        "process",
        /^share of ticks missed over 1m is 0\.\d+ \(degraded above 0\.02\); clears at 0\.02 or below for 1s$/,
      ],
    ],
  },
  silent: {
    fault: { mode: "aborts" },
    alerts: [
      ["VitalsCollectionStale", "collection:silent", /^no sample for [\d.]+ ?s; one is due every 500 ms; clears when a sample arrives$/],
    ],
  },
  blocking: {
    fault: { mode: "blocks", ms: 200 },
    alerts: [
      [
        "VitalsEventLoopSlow",
        "process",
        /^event-loop delay p99 is (just above )?[\d.]+ m?s \((degraded above 100|unhealthy above 400) ms\); clears at 100 ms or below for 1s$/,
      ],
    ],
  },
  filling: {
    fault: { mode: "fills", mebibytes: 80 },
    alerts: [
      [
        "VitalsHeapNearLimit",
        "process",
        /^share of the heap limit in use is 0\.\d+ \(degraded above 0\.50\); clears at 0\.50 or below for 1s$/,
      ],
    ],
  },
};

/** A server that responds with the status set by a test. */
async function answering() {
  const answer = { status: 200 };
  const server = await serveHttp((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(answer.status).end());
  });
  return { answer, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function configOf(otlp: string, webhook: string): string {
  const sources = SOURCES.map(
    (name) => `    ${name}: { kind: "${KIND}", file: ${name}.json, breaker: { failures: 3, initial: 500ms, max: 500ms } }`,
  );
  // Long timeouts, so that the hanging source misses ticks and the slow one is slow.
  // Where the event loop is blocked for 200 ms of every 250, only a longer interval misses no ticks.
  const intervalOf = (name: Source): string => (name === "slow" || name === "silent" ? "500ms" : "250ms");
  const collections = SOURCES.map((name) => `    ${name}: { source: ${name}, interval: ${intervalOf(name)}, timeout: 8s, slow: 150ms }`);
  return `file_format: "1.0"
meter_provider: { readers: [{ periodic: { interval: 1000, timeout: 900, exporter: { otlp_http: { endpoint: "${otlp}/v1/metrics", timeout: 800 } } } }] }
collector:
  sources:
${sources.join("\n")}
  collections:
${collections.join("\n")}
  health: { interval: 500ms, startup_grace: 0s, for: 0s, keep_firing_for: 1s, flapping: 0s, process: { event_loop_delay: 100ms, heap: 0.5, missed_ticks: 0.02 } }
  alerts: { webhook: { url: "${webhook}" } }
`;
}

describe("built-in rules in the running command", () => {
  it(
    "every built-in rule fires for a real fault, gives the reason, and clears when the fault has passed",
    { timeout: 240_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "vitals-"));
      const write = async (source: Source, fault: Fault): Promise<void> => {
        // Renamed into place, because the source may read at any time.
        await writeFile(join(folder, `${source}.new`), JSON.stringify(fault));
        await rename(join(folder, `${source}.new`), join(folder, `${source}.json`));
      };
      await Promise.all(SOURCES.map((source) => write(source, GOOD)));
      await using otlp = await answering();
      await using webhook = await answering();
      webhook.answer.status = 500;
      await writeFile(join(folder, "otel-config.yaml"), configOf(otlp.url, webhook.url));
      await using collector = await running(["--config", join(folder, "otel-config.yaml")], {
        env: { NODE_OPTIONS: "--max-old-space-size=150 --max-semi-space-size=8" },
      });
      using stream = follow(`${collector.url}/api/v1/events?types=alert,transition`);
      const alert = async (state: Alert["state"], name: string, component: string): Promise<Alert> => {
        const { data } = await stream.first(
          ({ type, data: each }) =>
            type === "alert" &&
            (each as Alert).state === state &&
            (each as Alert).labels.alertname === name &&
            (each as Alert).labels.component === component,
        );
        return data as Alert;
      };
      await stream.until("snapshot");
      const buffered = async () =>
        ((await (await fetch(`${collector.url}/api/v1/collections`)).json()) as { collections: { samples: number }[] }).collections;
      while ((await buffered()).some(({ samples }) => samples < 12)) await stream.first(() => true);

      otlp.answer.status = 400;
      await Promise.all(SOURCES.map((source) => write(source, FAULTS[source].fault)));
      const expected = Object.values(FAULTS).flatMap(({ alerts }) => alerts);
      for (const [name, component, reason] of expected) expect((await alert("firing", name, component)).reason).toMatch(reason);
      expect((await alert("firing", "VitalsExporterFailing", "exporter:otlp")).reason).toMatch(
        /^number of consecutive failures is \d \((degraded above 1|unhealthy above 2)\); last error: .*400.*; last success 20.*; clears when what is sent is delivered for 1s$/,
      );
      expect((await alert("firing", "VitalsSinkFailing", "sink:webhook")).reason).toMatch(
        /^number of consecutive failures is \d+ \((degraded above 1|unhealthy above 2)\); last error: POST http.* returned 500; no success yet; clears when what is sent is delivered for 1s$/,
      );
      // The sink rejects it permanently, so the alert is dropped.
      webhook.answer.status = 400;
      expect((await alert("firing", "VitalsSinkDropping", "sink:webhook")).reason).toMatch(
        /^number of notifications dropped over 1m is \d+ \(degraded above 0\); clears below 1 for 1s$/,
      );

      otlp.answer.status = 200;
      webhook.answer.status = 200;
      await Promise.all(SOURCES.map((source) => write(source, GOOD)));
      const firing = async (): Promise<readonly string[]> => {
        const { alerts } = (await (await fetch(`${collector.url}/api/v1/alerts`)).json()) as { readonly alerts: readonly Alert[] };
        return alerts.map(({ labels }) => `${labels.alertname} ${labels.component}`);
      };
      const others = ["VitalsExporterFailing exporter:otlp", "VitalsSinkFailing sink:webhook", "VitalsSinkDropping sink:webhook"];
      for (const name of [...expected.map(([alertname, component]) => `${alertname} ${component}`), ...others]) {
        for (let seen = stream.received.length; (await firing()).includes(name); seen += 1)
          await stream.first((event) => stream.received.indexOf(event) >= seen);
      }
      collector.signal("SIGTERM");
      expect(await collector.ended).toBe(0);
      await rm(folder, { recursive: true, force: true });
    },
  );
});
