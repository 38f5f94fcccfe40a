import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { startFront } from "../../support/otlp-front.ts";
import { startReceiver } from "../../support/otlp-receiver.ts";
import { needs } from "../../support/programs.ts";

const SERVICE = new URL("../../../examples/node-sdk/service.ts", import.meta.url).pathname;

describe("the example beside a NodeSDK", needs("otlp-receiver"), () => {
  it("the NodeSDK example sends the agent's memory with its own metrics, under the SDK's resource, and ends on SIGTERM", async () => {
    await using receiver = await startReceiver();
    await using front = await startFront(receiver.endpoint);
    const env = {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: new URL(front.endpoint).origin,
      OTEL_TRACES_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
    };
    const child = spawn(process.execPath, [SERVICE], { stdio: ["ignore", "pipe", "inherit"], env });
    const ended = once(child, "exit");
    try {
      const [address] = (await once(child.stdout, "data")) as [Buffer];
      expect((await fetch(String(address).trim())).headers.get("content-type")).toBe("application/health+json");
      for (;;) {
        const next = front.next();
        if ((await receiver.series("graph.node.count")).length > 0) break;
        await next;
      }
      const [own] = await receiver.series("agent.answers");
      const [nodes] = await receiver.series("graph.node.count");
      expect(own?.resource).toMatchObject({ "service.name": "agent", "process.runtime.name": "nodejs" });
      expect(nodes?.resource).toEqual(own?.resource);
      expect(nodes?.scope).toMatchObject({ name: "otel-vitals" });
      expect((await receiver.series("agent.memory.count")).length).toBeGreaterThan(0);
      child.kill("SIGTERM");
      expect((await ended)[0]).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
