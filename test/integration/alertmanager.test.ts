import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import { startAlertmanager } from "../support/alertmanager.ts";
import { running } from "../support/command.ts";
import { needs } from "../support/programs.ts";
import { serveHttp } from "../support/http-server.ts";
import { until } from "../support/until.ts";

interface Notification {
  readonly status: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly startsAt: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
  readonly [key: string]: unknown;
}

/** A server that records every request body by path. */
async function inbox() {
  const bodies = new Map<string, Notification[]>();
  const waiting = new Set<() => void>();
  const server = await serveHttp((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += String(chunk)));
    request.on("end", () => {
      const path = request.url ?? "/";
      bodies.set(path, [...(bodies.get(path) ?? []), JSON.parse(text) as Notification]);
      response.end();
      for (const check of waiting) check();
    });
  });
  const of = (path: string): readonly Notification[] => bodies.get(path) ?? [];
  return {
    url: server.url,
    of,
    /** Resolves when an alert with this name, status and, if given, severity has been posted. */
    posted: (path: string, alertname: string, status: string, severity?: string): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          const alerts = of(path).flatMap((each) => each.alerts);
          const fits = ({ labels, status: its }: Notification["alerts"][number]): boolean =>
            labels["alertname"] === alertname && its === status && (severity ?? labels["severity"]) === labels["severity"];
          if (!alerts.some(fits)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Two values set by a test, each with a rule that fires above ten. */
async function numbers() {
  const values = { left: 0, right: 0 };
  const server = await serveHttp((_, response) => void response.end(JSON.stringify(values)));
  return { values, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function configOf(source: string, alerts: string): string {
  const rule = (field: string) =>
    `{ name: ${field}High, collection: two, field: ${field}, window: 10s, above: 10, keep_firing_for: 0s, status: critical, summary: "${field} is high" }`;
  return `file_format: "1.0"
resource: { attributes: [{ name: service.name, value: pair }, { name: service.instance.id, value: "one" }] }
collector:
  server: { external_url: "https://vitals.example/pair/" }
  sample_types: { two: { left: { instrument: left, unit: "{job}" }, right: { instrument: right, unit: "{job}" } } }
  sources: { s: { kind: http-json, url: "${source}", readings: { two: { left: /left, right: /right } } } }
  collections: { two: { source: s, interval: 100ms, retain: 600 } }
  health: { startup_grace: 0s, flapping: 0s, rules: [${rule("left")}, ${rule("right")}] }
  alerts: ${alerts}
`;
}

describe("Alertmanager", needs("prometheus-alertmanager"), () => {
  it("Alertmanager keeps an alert firing by resends, receives what it missed during an outage, and receives the resolve", async () => {
    await using mail = await inbox();
    await using source = await numbers();
    await using alertmanager = await startAlertmanager(`${mail.url}/alertmanager`, "2s");
    const folder = await mkdtemp(join(tmpdir(), "vitals-"));
    const file = join(folder, "otel-config.yaml");
    // Resent every half second, an alert expires two seconds after the last resend.
    const sinks = `{ alertmanager: { url: "${alertmanager.url}", resend: 500ms }, webhook: { url: "${mail.url}/ours" } }`;
    await writeFile(file, configOf(source.url, sinks));
    await using collector = await running(["--config", file]);
    const sent = async () => {
      const stats = (await (await fetch(`${collector.url}/api/v1/stats`)).json()) as {
        sinks: { name: string; sent: number; pending: number }[];
      };
      return stats.sinks.find(({ name }) => name === "alertmanager") as { sent: number; pending: number };
    };

    source.values.left = 42;
    const [fired] = await until(
      () => alertmanager.alerts(),
      (alerts) => alerts.length === 1,
    );
    expect(fired).toMatchObject({
      labels: { alertname: "leftHigh", component: "collection:two", severity: "critical", service: "pair", instance: "one" },
      annotations: {
        summary: "left is high",
        description: expect.stringMatching(/^left over 10s is 42 \(critical above 10\); clears at 10 or below$/) as string,
      },
      status: { state: "active" },
      generatorURL: `https://vitals.example/pair/#time=${new Date(fired?.startsAt ?? "").toISOString()}`,
    });
    expect(Object.keys(fired?.labels ?? {})).toHaveLength(5);
    const ours = (await (await fetch(`${collector.url}/api/v1/alerts`)).json()) as { alerts: { fingerprint: string; startsAt: string }[] };
    expect(ours.alerts.map(({ fingerprint }) => fingerprint)).toEqual([fired?.fingerprint]);
    // Go omits trailing zeros of fractional seconds.
    expect(Date.parse(ours.alerts[0]?.startsAt ?? "")).toBe(Date.parse(fired?.startsAt ?? ""));

    // Eight resends at half-second intervals take longer than the alert lives without them.
    const { sent: before } = await sent();
    await until(sent, (now) => now.sent >= before + 8);
    expect(await alertmanager.alerts()).toMatchObject([{ fingerprint: fired?.fingerprint, startsAt: fired?.startsAt }]);
    expect(mail.of("/alertmanager").map(({ status }) => status)).toEqual(["firing"]);

    await alertmanager.stop();
    source.values.left = 0;
    source.values.right = 42;
    // The collector sends both to its webhook, while Alertmanager is down.
    await Promise.all([mail.posted("/ours", "leftHigh", "resolved"), mail.posted("/ours", "rightHigh", "firing")]);
    await until(sent, ({ pending }) => pending > 0);
    await alertmanager.start();
    const later = await until(
      () => alertmanager.alerts(),
      (alerts) => alerts.length === 1 && alerts[0]?.labels["alertname"] === "rightHigh",
    );
    expect(later).toHaveLength(1);
    await mail.posted("/alertmanager", "leftHigh", "resolved");

    source.values.right = 0;
    await until(
      () => alertmanager.alerts(),
      (alerts) => alerts.length === 0,
    );
    await mail.posted("/alertmanager", "rightHigh", "resolved");

    // Our webhook's payload equals Alertmanager's, except for the fields that identify the sender.
    const comparable = ({ alerts, ...rest }: Notification) => ({
      ...rest,
      receiver: "",
      externalURL: "",
      alerts: alerts.map((alert) => ({ ...alert, generatorURL: "", startsAt: Date.parse(alert.startsAt) })),
    });
    const [theirFirst] = mail.of("/alertmanager");
    const [ourFirst] = mail.of("/ours");
    expect(comparable(ourFirst as Notification)).toEqual(comparable(theirFirst as Notification));
    expect(Object.keys(ourFirst ?? {}).toSorted()).toEqual(Object.keys(theirFirst ?? {}).toSorted());
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    await rm(folder, { recursive: true, force: true });
  });

  it("Alertmanager receives no resolve while a problem gets worse, and shows it with our fingerprint and link", async () => {
    await using mail = await inbox();
    // Where severities are routed apart, a resolve of the milder one would be a notification of its own.
    await using alertmanager = await startAlertmanager(`${mail.url}/alertmanager`, "5m", ["severity"]);
    await using ours = createCollector(
      {
        sources: { here: { kind: "host" } },
        collections: { machine: { source: "here" } },
        health: { startup_grace: "0s", informational: ["process", "collection:machine"] },
        alerts: { alertmanager: { url: alertmanager.url } },
      },
      // Alertmanager removes empty labels.
      { identity: { service: "pair", instance: "" }, externalUrl: "https://vitals.example" },
    );
    let status: "healthy" | "degraded" | "critical" = "degraded";
    ours.health.register("db", () => ({ status, reason: `it is ${status}` }), { interval: "50ms", keepFiringFor: "0s" });
    await ours.start();
    await mail.posted("/alertmanager", "VitalsCheckFailing", "firing");
    status = "critical";
    const both = await until(
      () => alertmanager.alerts(),
      (alerts) => alerts.length === 2,
    );
    const [critical] = ours.alerts();
    expect(ours.alerts()).toHaveLength(1);
    expect(both.find(({ labels }) => labels["severity"] === "critical")).toMatchObject({
      fingerprint: critical?.fingerprint,
      labels: critical?.labels,
      generatorURL: `https://vitals.example/#time=${critical?.startsAt}`,
    });
    expect(critical?.labels).not.toHaveProperty("instance");
    const notified = () => mail.of("/alertmanager").map((each) => [each.status, each.alerts[0]?.labels["severity"]]);
    await mail.posted("/alertmanager", "VitalsCheckFailing", "firing", "critical");
    expect(notified()).toEqual([
      ["firing", "warning"],
      ["firing", "critical"],
    ]);
    status = "healthy";
    await Promise.all(["warning", "critical"].map((severity) => mail.posted("/alertmanager", "VitalsCheckFailing", "resolved", severity)));
    expect(notified().slice(2).toSorted()).toEqual([
      ["resolved", "critical"],
      ["resolved", "warning"],
    ]);
    const texts = mail.of("/alertmanager").slice(2);
    for (const each of texts) expect(each.alerts[0]?.annotations["description"]).toBe("it is healthy");
  });
});
