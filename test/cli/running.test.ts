import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ReconfigurationReport } from "../../src/answer/reconfiguration.ts";
import { VitalsError } from "../../src/base/errors.ts";
import { Running } from "../../src/cli/running.ts";
import type { LoadedConfig } from "../../src/config/load.ts";
import { configFolder } from "../support/config-folder.ts";

const { load, path } = configFolder();

const REPORT: ReconfigurationReport = { collections: [], sources: [], sinks: [], settings: ["health.for"], restart: ["state.dir"] };

async function configOf(text: string): Promise<LoadedConfig> {
  const { config, problems } = await load(`file_format: "1.0"\n${text}`);
  if (!config) throw new Error(JSON.stringify(problems));
  return config;
}

const server = (settings: string): string => `collector: { server: { ${settings} } }\n`;

/** What runs with a configuration, and the access that its servers were given. */
async function setUp(text: string, token = "", apply: () => Promise<ReconfigurationReport> = async () => REPORT) {
  const main: object[] = [];
  const metrics: object[] = [];
  const close = async (): Promise<void> => {};
  const fake = { url: "", port: 1, close, [Symbol.asyncDispose]: close };
  const running = new Running(await configOf(text), { apply }, token);
  running.serveWith({
    main: { ...fake, setAccess: (access) => void main.push(access) },
    metrics: [{ ...fake, setAccess: (access) => void metrics.push(access) }],
  });
  return { main, metrics, apply: async (next: string) => running.apply(await configOf(next)) };
}

describe("Running", () => {
  it("Running reports paths of the collector as those of the file, and gives the servers nothing new where nothing is", async () => {
    const { apply, main, metrics } = await setUp(server("token: t0ken"), "t0ken");
    expect(await apply(server("token: t0ken"))).toEqual({
      ...REPORT,
      settings: ["collector.health.for"],
      restart: ["collector.state.dir"],
    });
    expect([main, metrics]).toEqual([[], []]);
  });

  it("Running applies another token and other host names at once, each time compared with those in use", async () => {
    const { apply, main, metrics } = await setUp(server("token: t0ken"), "t0ken");
    const { settings, restart } = await apply(server("token: t1ken, allowed_hosts: [vitals.example]"));
    expect(settings).toEqual(["collector.health.for", "collector.server.token", "collector.server.allowed_hosts"]);
    expect(restart).toEqual(["collector.state.dir"]);
    expect((await apply(server("token: t1ken, allowed_hosts: [vitals.example]"))).settings).toEqual(["collector.health.for"]);
    await apply(server("token: t0ken"));
    expect(main).toEqual([
      { token: "t1ken", allowedHosts: ["vitals.example"] },
      { token: "t0ken", allowedHosts: [] },
    ]);
    expect(metrics).toEqual([{ allowedHosts: ["vitals.example"] }, {}]);
  });

  it("Running reads the file of the token again", async () => {
    const text = server(`token_file: token`);
    writeFileSync(path("token"), "t0ken\n");
    const { apply, main } = await setUp(text, "t0ken");
    writeFileSync(path("token"), "t1ken\n");
    expect((await apply(text)).settings).toContain("collector.server.token");
    expect(main).toEqual([{ token: "t1ken", allowedHosts: [] }]);
  });

  it("Running applies nothing when the file of the token cannot be read", async () => {
    let applied = 0;
    const apply = async (): Promise<ReconfigurationReport> => {
      applied += 1;
      return REPORT;
    };
    const set = await setUp(server("token: t0ken"), "t0ken", apply);
    await expect(set.apply(server("token_file: missing"))).rejects.toMatchObject({ code: "config_unreadable" });
    expect([applied, set.main]).toEqual([0, []]);
  });

  it("Running gives the servers nothing new when the collector refuses the configuration", async () => {
    const refuse = () => Promise.reject(new VitalsError("lifecycle", "stopping"));
    const { apply, main } = await setUp(server("token: t0ken"), "t0ken", refuse);
    await expect(apply(server("token: t1ken"))).rejects.toMatchObject({ code: "lifecycle" });
    expect(main).toEqual([]);
  });

  it("Running never takes the token from an address that other machines reach: it does so after a restart", async () => {
    const { apply, main } = await setUp(server('host: "0.0.0.0", token: t0ken'), "t0ken");
    const { settings, restart } = await apply(server('host: "127.0.0.1", allowed_hosts: [vitals.example]'));
    expect(settings).toEqual(["collector.health.for", "collector.server.allowed_hosts"]);
    expect(restart).toEqual(["collector.state.dir", "collector.server.token", "collector.server.host"]);
    expect(main).toEqual([{ token: "t0ken", allowedHosts: ["vitals.example"] }]);
  });

  it("Running takes the token away on loopback, and where an open address was allowed", async () => {
    for (const host of ["", 'host: "0.0.0.0", insecure: true, ']) {
      const { apply, main } = await setUp(server(`${host}token: t0ken`), "t0ken");
      expect((await apply(server(`${host}max_clients: 10000`))).settings).toContain("collector.server.token");
      expect(main).toEqual([{ token: "", allowedHosts: [] }]);
    }
  });

  it.each([
    [server("port: 9999"), ["collector.server.port"]],
    [server('max_clients: 5, trusted_proxies: ["10.0.0.0/8"]'), ["collector.server.max_clients", "collector.server.trusted_proxies"]],
    [server("max_connections: 100"), ["collector.server.max_connections"]],
    [server('external_url: "https://vitals.example/"'), ["collector.server.external_url"]],
    ["disabled: true\n", ["disabled"]],
    ["resource: { attributes: [ { name: service.name, value: other } ] }\n", ["resource"]],
    ['resource: { schema_url: "https://example.org/1" }\n', ["resource"]],
    ["meter_provider: { readers: [ { pull: { exporter: { prometheus/development: {} } } } ] }\n", ["meter_provider"]],
    ["logger_provider: { processors: [ { simple: { exporter: { otlp_http: {} } } } ] }\n", ["logger_provider"]],
  ])("Running lists what takes effect after a restart: %s", async (text, paths) => {
    const { apply, main } = await setUp("");
    const [first, second] = [await apply(text), await apply(text)];
    expect(first.restart).toEqual(["collector.state.dir", ...paths]);
    // It still has not taken effect.
    expect(second.restart).toEqual(first.restart);
    expect((await apply("")).restart).toEqual(["collector.state.dir"]);
    expect(main).toEqual([]);
  });
});
