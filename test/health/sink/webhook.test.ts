import { describe, expect, it } from "vitest";
import type { Alert } from "../../../src/health/record.ts";
import { webhookSink } from "../../../src/health/sink/webhook.ts";
import { serveHttp } from "../../support/http-server.ts";

const firing: Alert = {
  fingerprint: "f",
  state: "firing",
  labels: { alertname: "Slow", component: "db", severity: "warning" },
  annotations: { summary: "db is slow", description: "p95 is 3 s (degraded above 1 s)" },
  startsAt: "2026-01-01T00:00:00.000Z",
  reason: "p95 is 3 s (degraded above 1 s)",
};

const resolved: Alert = { ...firing, state: "resolved", endsAt: "2026-01-01T00:05:00.000Z", reason: "p95 is 0.5 s" };

interface Payload {
  readonly status: string;
  readonly externalURL: string;
  readonly alerts: readonly { readonly status: string; readonly generatorURL: string; readonly annotations: Alert["annotations"] }[];
}

/** The body that the webhook receives for these alerts. */
async function posted(alerts: readonly Alert[], externalUrl = ""): Promise<Payload> {
  let text = "";
  await using server = await serveHttp((request, response) => {
    request.on("data", (chunk: Buffer) => (text += String(chunk)));
    request.on("end", () => response.end());
  });
  await webhookSink({ url: server.url, headers: {} }, externalUrl).send(alerts, new AbortController().signal);
  return JSON.parse(text) as Payload;
}

describe("webhookSink", () => {
  it("webhookSink never shows the path of its URL, which is the secret of a chat service", async () => {
    await using server = await serveHttp((request, response) => {
      request.resume();
      request.on("end", () => response.writeHead(500).end());
    });
    const sink = webhookSink({ url: `${server.url}/services/T0/B0/s3cret?token=s3cret`, headers: {} }, "");
    expect(sink.target).toBe(`${server.url}/…`);
    await expect(sink.send([firing], new AbortController().signal)).rejects.toThrow(`POST ${server.url}/… returned 500`);
    await expect(sink.check?.(new AbortController().signal)).rejects.toThrow(`HEAD ${server.url}/… returned 500`);
  });

  it("webhookSink describes a resolved alert by what ended it, and a firing one by what is wrong", async () => {
    const { alerts } = await posted([firing, { ...resolved, fingerprint: "g" }]);
    expect(alerts.map(({ status, annotations }) => [status, annotations])).toEqual([
      ["firing", { summary: "db is slow", description: "p95 is 3 s (degraded above 1 s)" }],
      ["resolved", { summary: "db is slow", description: "p95 is 0.5 s" }],
    ]);
  });

  it("webhookSink is firing as long as one of the alerts is, whatever their order", async () => {
    expect((await posted([resolved])).status).toBe("resolved");
    expect((await posted([firing, resolved])).status).toBe("firing");
    expect((await posted([resolved, firing])).status).toBe("firing");
  });

  it("webhookSink links each alert to the time on the page at which it fired, if the page's URL is known", async () => {
    const linked = await posted([resolved], "https://vitals.example/");
    expect(linked).toMatchObject({
      externalURL: "https://vitals.example/",
      alerts: [{ generatorURL: "https://vitals.example/#time=2026-01-01T00:00:00.000Z" }],
    });
    expect(await posted([firing])).toMatchObject({ externalURL: "", alerts: [{ generatorURL: "" }] });
  });

  it("webhookSink links an alert of the product to its runbook on the page, if the page's URL is known, and no other alert", async () => {
    const product = { ...firing, labels: { ...firing.labels, alertname: "VitalsBreakerOpen" } };
    const urlOf = async (alert: Alert, page: string) =>
      ((await posted([alert], page)).alerts[0]?.annotations as { readonly runbook_url?: string } | undefined)?.runbook_url;
    expect(await urlOf(product, "https://vitals.example/agent")).toBe("https://vitals.example/agent/runbooks/VitalsBreakerOpen");
    expect(await urlOf({ ...product, state: "resolved" }, "https://vitals.example/")).toBe(
      "https://vitals.example/runbooks/VitalsBreakerOpen",
    );
    expect([await urlOf(product, ""), await urlOf(firing, "https://vitals.example/")]).toEqual([undefined, undefined]);
  });
});
