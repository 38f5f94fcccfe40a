import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

const SERVICE = new URL("../../../examples/embedded/service.ts", import.meta.url).pathname;

describe("the embedded example", () => {
  it("the embedded example records the machine next to the service's metrics, answers below /vitals, and exits on SIGTERM", async () => {
    const child = spawn(process.execPath, [SERVICE], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    try {
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      const { origin } = new URL(String(line).trim());
      expect((await fetch(`${origin}/orders`, { method: "POST" })).status).toBe(201);
      let ready = await fetch(`${origin}/vitals/readyz`);
      while (ready.status !== 200) ready = await fetch(`${origin}/vitals/readyz`);
      const metrics = await (await fetch(`${origin}/metrics`)).text();
      expect(metrics).toMatch(/^orders_placed_total(\{.*\})? 1$/m);
      expect(metrics).toMatch(/^system_memory_limit\{vitals_collection_name="machine"/m);
      const health = (await (await fetch(`${origin}/vitals/health`)).json()) as { checks: object };
      expect(health.checks).toHaveProperty("orders:status");
      expect((await fetch(`${origin}/vitals/metrics`)).status).toBe(404);
      child.kill("SIGTERM");
      expect((await ended)[0]).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
