import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Alert, HealthReport, Transition } from "../../src/index.ts";
import { running } from "../support/command.ts";
import { follow } from "../support/events.ts";

const CONFIG = `file_format: "1.0"
meter_provider: { readers: [{ pull: { exporter: { prometheus/development: {} } } }] }
collector:
  sources: { agent: { kind: mcp-memory, path: memory/memory.jsonl } }
  collections: { graph: { source: agent, type: graph, interval: 200ms } }
  health: { for: 0s, keep_firing_for: 1s, flapping: 0s }
`;

interface Parts {
  readonly collections: readonly { readonly breaker: string; readonly lastOutcome: string; readonly coverage: number }[];
}

describe("a memory file that the server has not written yet", () => {
  it("the running collector waits for the first write without an alert, is healthy after it, and fails once the file is deleted", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vitals-"));
    await writeFile(join(folder, "otel-config.yaml"), CONFIG);
    await using collector = await running(["--config", join(folder, "otel-config.yaml")]);
    const { url } = collector;
    const read = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T;
    const graph = async () => {
      const { components } = await read<HealthReport>("/api/v1/health");
      return components.find(({ component }) => component === "collection:graph");
    };
    using stream = follow(`${url}/api/v1/events`);
    const { length } = await stream.until("sample", 20);
    expect(length).toBeGreaterThanOrEqual(20);

    const reason = `waiting for the first write: memory file "${join(folder, "memory/memory.jsonl")}" is not there yet; correct its path if it should be`;
    expect(await collector.logged(({ message }) => message === "collection:graph is unknown")).toMatchObject({ level: "info", reason });
    expect(await graph()).toMatchObject({ status: "unknown", reason });
    expect(await read("/health")).toMatchObject({
      status: "warn",
      vitalsStatus: "unknown",
      output: `collection:graph: ${reason}`,
      checks: { "collection:graph:successRate": [{ status: "warn", output: reason }] },
    });
    const { collections } = await read<Parts>("/api/v1/collections");
    expect(collections).toMatchObject([{ breaker: "closed", lastOutcome: "waiting", coverage: 0 }]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^vitals_collection_up\{vitals_collection_name="graph"\} 0$/m);

    await mkdir(join(folder, "memory"));
    await writeFile(join(folder, "memory/memory.jsonl"), '{"type":"entity","name":"a","entityType":"person","observations":["x"]}\n');
    await stream.first(({ type, data }) => type === "sample" && (data as { outcome: string }).outcome === "success");
    while ((await graph())?.status !== "healthy") await stream.first(() => true);
    expect(await read("/api/v1/alerts?state=all")).toMatchObject({ alerts: [] });

    await rm(join(folder, "memory/memory.jsonl"));
    const { data } = await stream.first(
      ({ type, data: each }) => type === "alert" && (each as Alert).labels.component === "collection:graph",
    );
    expect(data).toMatchObject({
      state: "firing",
      reason: expect.stringContaining('memory file "memory/memory.jsonl" is missing, although it was there before') as string,
    });
    const bad = stream.received.filter(
      ({ type, data: each }) => type === "transition" && (each as Transition).component === "collection:graph",
    );
    expect(bad.map(({ data: each }) => (each as Transition).from)).not.toContain("unknown");
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    await rm(folder, { recursive: true, force: true });
  });
});
