import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { RuleFile } from "../../../src/dashboards/rules.ts";
import { command } from "../../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "otel-vitals-dashboards-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = `file_format: "1.0"
resource: { attributes: [{ name: service.name, value: queues }] }
collector:
  sample_types:
    queue: { depth: { instrument: queue.depth, unit: "{job}", kind: up_down_counter, by: [{ attribute: queue.name, limit: 5 }] } }
  sources: { jobs: { kind: http-json, url: "http://127.0.0.1:9/", readings: { queue: { depth: /depth } } } }
  collections: { queue: { source: jobs, interval: 5s } }
  health:
    rules: [{ collection: queue, field: depth, above: 100, status: unhealthy, name: LongQueue }]
`;

const rulesIn = (out: string): RuleFile => parse(readFileSync(join(out, "prometheus/otel-vitals.rules.yml"), "utf8")) as RuleFile;

describe("otel-vitals dashboards", () => {
  it("otel-vitals dashboards writes dashboards for the collected types, including a declared one with its rule, without reading the source", async () => {
    const file = join(folder, "otel-config.yaml");
    writeFileSync(file, CONFIG);
    const out = join(folder, "out");
    const { code, stdout, stderr } = await command(["dashboards", "-c", file, "--out", out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const paths = ["otel-vitals-overview", "otel-vitals-type-queue", "otel-vitals-self"].map((uid) => `${out}/dashboards/${uid}.json`);
    expect(stdout.trim().split("\n")).toEqual([...paths, `${out}/prometheus/otel-vitals.rules.yml`]);
    const queue = JSON.parse(readFileSync(paths[1] as string, "utf8")) as object;
    expect(queue).toMatchObject({ uid: "otel-vitals-type-queue", title: "otel-vitals / queue" });
    expect(JSON.stringify(queue)).toContain("sum by (job, instance, vitals_collection_name, queue_name) (queue_depth{");
    expect(JSON.stringify(queue)).toContain('{"value":100,"color":"orange"}');
    expect(JSON.stringify(queue)).toContain("Rule LongQueue: unhealthy if last over 1m is above 100.");
    expect(JSON.stringify(rulesIn(out))).toContain('up{job=\\"queues\\"} == 0');
  });

  it("otel-vitals dashboards accepts --job, --runbooks and --all-types", async () => {
    const out = join(folder, "all");
    const { code } = await command([
      "dashboards",
      "-c",
      join(folder, "otel-config.yaml"),
      "--out",
      out,
      "--all-types",
      "--job",
      "vitals",
      "--runbooks",
      "https://runbooks.example/vitals",
    ]);
    expect(code).toBe(0);
    expect(readdirSync(join(out, "dashboards"))).toHaveLength(7);
    const [group] = rulesIn(out).groups;
    const down = group?.rules.find((rule) => "alert" in rule && rule.alert === "VitalsDown");
    expect(down).toMatchObject({
      expr: 'up{job="vitals"} == 0',
      annotations: { runbook_url: "https://runbooks.example/vitals/VitalsDown.md" },
    });
  });

  it.each([
    [[], "docs/runbooks/VitalsDown.md"],
    [["--set", "collector.server.external_url=https://vitals.example/agent"], "https://vitals.example/agent/runbooks/VitalsDown"],
    [["--runbooks", "https://wiki.example/{alert}?raw=1"], "https://wiki.example/VitalsDown?raw=1"],
  ])("otel-vitals dashboards %j links VitalsDown to %s", async (args, link) => {
    const out = join(folder, "linked");
    expect(await command(["dashboards", "-c", join(folder, "otel-config.yaml"), "--out", out, ...args])).toMatchObject({ code: 0 });
    const links = rulesIn(out).groups.flatMap(({ rules }) =>
      rules.flatMap((rule) => ("alert" in rule ? [rule.annotations.runbook_url] : [])),
    );
    expect(links[0]).toBe(link);
    expect(new Set(links).size).toBeGreaterThan(10);
  });

  it("otel-vitals dashboards writes the committed files from the committed configuration", async () => {
    const out = join(folder, "here");
    expect(await command(["dashboards", "--all-types", "--out", out])).toMatchObject({ code: 0 });
    for (const kind of ["dashboards", "prometheus"]) {
      const names = readdirSync(join("grafana", kind));
      expect(names.length).toBeGreaterThan(0);
      expect(readdirSync(join(out, kind))).toEqual(names);
      for (const name of names)
        expect(readFileSync(join(out, kind, name), "utf8"), name).toBe(readFileSync(join("grafana", kind, name), "utf8"));
    }
  });

  it("otel-vitals dashboards reports an unwritable output and an invalid configuration", async () => {
    const file = join(folder, "otel-config.yaml");
    expect(await command(["dashboards", "-c", file, "--out", file])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/otel-config\.yaml\/dashboards\/otel-vitals-overview\.json cannot be written: ENOTDIR/) as string,
    });
    expect(await command(["dashboards", "-c", file, "--set", "collector.collections.queue.source=nobody"])).toMatchObject({ code: 3 });
    expect(await command(["dashboards", "--al-types"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("all-types") as string,
    });
  });
});

describe("the provisioning for Grafana", () => {
  it("Grafana's provisioning files name the data sources and the mounted dashboards", () => {
    const read = (path: string): unknown => parse(readFileSync(join("grafana/provisioning", path), "utf8"));
    expect(read("datasources/otel-vitals.yml")).toMatchObject({
      apiVersion: 1,
      datasources: [
        { type: "prometheus", isDefault: true, jsonData: { alertmanagerUid: "otel-vitals-alertmanager" } },
        {
          type: "alertmanager",
          uid: "otel-vitals-alertmanager",
          jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
        },
      ],
    });
    expect(read("dashboards/otel-vitals.yml")).toMatchObject({
      apiVersion: 1,
      providers: [{ type: "file", allowUiUpdates: false, options: { path: "/etc/otel-vitals/dashboards" } }],
    });
  });
});
