import { describe, expect, it } from "vitest";
import { command, running } from "../support/command.ts";
import { startReceiver, type ReceivedSeries } from "../support/otlp-receiver.ts";
import { needs } from "../support/programs.ts";

describe.each(["json", "protobuf"])("OTLP data points over %s", (encoding) => {
  it(
    `an independent OTLP receiver gets data points over ${encoding} with their names, units, attributes, scope and resource`,
    needs("otlp-receiver"),
    async () => {
      await using receiver = await startReceiver();
      const exporter = `{ otlp_http: { endpoint: "${receiver.endpoint}", encoding: ${encoding} } }`;
      const args = [
        "--set",
        `meter_provider.readers=[{ periodic: { interval: 500, exporter: ${exporter} } }]`,
        "--set",
        'resource.attributes=[{ name: service.name, value: "memory-watch" }]',
      ];
      {
        await using collector = await running(args);
        await collector.logged(({ message }) => message === "started");
        let found: readonly ReceivedSeries[] = [];
        // Limited by the number of requests, not by time.
        for (let requests = 0; requests < 5_000 && found.length < 9; requests += 1) found = await receiver.series("graph.node.count");
        expect(found).toHaveLength(9);
        collector.signal("SIGTERM");
        expect(await collector.ended).toBe(0);
      }
      const nodes = await receiver.series("graph.node.count");
      expect(Object.fromEntries(nodes.map(({ attributes, points }) => [attributes["graph.node.type"], points.at(-1)?.value]))).toEqual({
        project: 1,
        component: 6,
        person: 4,
        operator: 3,
        event: 3,
        meeting: 2,
        skill: 3,
        decision: 2,
        tool: 2,
      });
      expect(nodes[0]).toMatchObject({
        unit: "{node}",
        kind: "sum",
        scope: { name: "otel-vitals" },
        attributes: { "vitals.collection.name": "graph" },
      });
      expect(nodes[0]?.resource).toMatchObject({
        "service.name": "memory-watch",
        "service.instance.id": expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        "host.name": expect.any(String) as string,
      });
      const [cpu] = await receiver.series("system.cpu.time");
      expect(cpu).toMatchObject({ unit: "s", kind: expect.stringMatching(/sum|counter/i) as string });
      expect((await receiver.series("system.network.io")).length).toBeGreaterThan(0);
      const ticks = await receiver.series("vitals.collection.ticks");
      expect(ticks.map(({ attributes }) => attributes["vitals.outcome"])).toContain("success");
    },
  );
});

describe("an unreachable OTLP receiver", () => {
  it("otel-vitals check reports an unreachable OTLP receiver, and a running collector counts its failures", async () => {
    const exporter = '{ otlp_http: { endpoint: "http://127.0.0.1:9/v1/metrics", timeout: 500 } }';
    const { code, stdout } = await command(["check", "--set", `meter_provider.readers=[{ periodic: { exporter: ${exporter} } }]`]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✖ exporter otlp: /);
  });
});
