import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { running } from "../../support/command.ts";
import { ROOT, yamlFile } from "../../support/yaml-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vitals-health-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Service {
  readonly build?: { readonly target?: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}
const [{ services }] = yamlFile("docker-compose.yml") as readonly [{ services: Readonly<Record<string, Service>> }];
const collectors = Object.entries(services).filter(([, { build }]) => build?.target === "collector");
const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8").replaceAll("\\\n", " ");
const ofImage = JSON.parse(
  /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile.slice(dockerfile.indexOf(" AS collector")))?.[1] ?? "[]",
) as string[];

/** The health checks of the image and of each service that runs it, as arguments of Node. */
const checks = [
  ["the image", ofImage] as const,
  ...collectors.map(([name, { healthcheck }]) => [`the service ${name}`, (healthcheck?.test ?? []).slice(1)] as const),
];

/** Runs a health check as the container would, from source, against the collector on this port. */
async function check([program, file = "", ...args]: readonly string[], port: number) {
  expect(program).toBe("node");
  const source = join(ROOT, file.replace("/app/dist/", "src/").replace(/\.js$/, ".ts"));
  const config = join(folder, `${port}.yaml`);
  writeFileSync(config, `file_format: "1.0"\ncollector: { server: { port: ${port} } }\n`);
  const env = { ...process.env, VITALS_PORT: String(port), OTEL_CONFIG_FILE: config };
  const child = spawn(process.execPath, [source, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

/** A port on which nothing listens. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** A collector whose only source is down, once its overall status is critical. */
async function collectorOfADeadSource() {
  const file = join(folder, "dead.yaml");
  writeFileSync(
    file,
    `file_format: "1.0"
collector:
  sample_types: { pool: { open: { instrument: pool.open, unit: "{connection}" } } }
  sources: { db: { kind: http-json, url: "http://127.0.0.1:${await unusedPort()}/", readings: { pool: { open: /open } } } }
  collections: { pool: { source: db, type: pool, interval: 100ms, retain: 600 } }
  health: { interval: 200ms, rules: [{ name: Down, collection: pool, stat: age, above: 0.5, status: critical }] }
`,
  );
  const collector = await running(["-c", file]);
  let status = 200;
  while (status === 200) ({ status } = await fetch(`${collector.url}/health`));
  return { collector, port: Number(new URL(collector.url).port), [Symbol.asyncDispose]: () => collector[Symbol.asyncDispose]() };
}

describe("health checks of containers", () => {
  it("the image and the services that run it have a health check", () => {
    expect(collectors.length).toBeGreaterThan(1);
    for (const [name, args] of checks) expect(args.length, name).toBeGreaterThan(1);
  });

  it("the health checks pass while what the collector observes is down, so that nothing restarts the collector", async () => {
    await using dead = await collectorOfADeadSource();
    for (const [name, args] of checks) expect([name, await check(args, dead.port)]).toEqual([name, { code: 0, output: "ok\n" }]);
  });

  it("the health checks fail when the collector does not answer, and say why", { timeout: 30_000 }, async () => {
    const [, args] = checks[0] as (typeof checks)[0];
    const port = await unusedPort();
    expect(await check(args, port)).toEqual({
      code: 1,
      output: `http://127.0.0.1:${port}/livez: connect ECONNREFUSED 127.0.0.1:${port}\n`,
    });
    await using dead = await collectorOfADeadSource();
    dead.collector.signal("SIGSTOP");
    expect(await check(args, dead.port)).toEqual({ code: 1, output: `http://127.0.0.1:${dead.port}/livez: no response within 5s\n` });
    dead.collector.signal("SIGCONT");
  });

  it("the health checks fail on any response but 200, and show it", async () => {
    const [, args] = checks[0] as (typeof checks)[0];
    const server = createServer((socket) => void socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\nlivez check failed\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { readonly port: number };
    expect(await check(args, port)).toEqual({ code: 1, output: "livez check failed\n" });
    server.close();
  });

  it("the health check imports one module, so that it costs little more than a bare Node process", () => {
    const [, [, file = ""]] = checks[0] as (typeof checks)[0];
    const text = readFileSync(join(ROOT, file.replace("/app/dist/", "src/").replace(/\.js$/, ".ts")), "utf8");
    expect(text.match(/\b(?:import|require)\b.*$/gm)).toEqual(['import { connect } from "node:net";']);
  });

  it("the containers' configurations listen on the port that the health checks request", () => {
    for (const [name, { environment = {} }] of collectors) expect([name, environment]).toEqual([name, {}]);
    expect(dockerfile).toMatch(/^ENV .*\bVITALS_PORT=9464\b/m);
    const portOf = (path: string): unknown => (yamlFile(path)[0] as { collector: { server: { port: unknown } } }).collector.server.port;
    expect(portOf("deploy/otel-config.yaml")).toBe("${VITALS_PORT:-9464}");
    for (const path of ["deploy/compose/vitals.yaml", "deploy/compose/vitals-agent.yaml"]) expect(portOf(path)).toBe(9464);
  });
});
