import { PodMonitor, PrometheusRule, ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
import { Deployment } from "kubernetes-models/apps/v1";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { ConfigMap, PersistentVolumeClaim, Service } from "kubernetes-models/v1";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { command, running } from "../../support/command.ts";
import { yamlFile } from "../../support/yaml-file.ts";

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly securityContext?: unknown;
  readonly resources?: { readonly limits?: object; readonly requests?: object };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}
interface Pod {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly securityContext?: unknown;
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}
interface Thing {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
}

const MODELS: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  ConfigMap,
  Deployment,
  NetworkPolicy,
  PersistentVolumeClaim,
  PodMonitor,
  PrometheusRule,
  Service,
  ServiceMonitor,
};

const validate = (thing: Thing): void => new (MODELS[thing.kind] as (typeof MODELS)[string])(thing as never).validate();

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
}

const BASE = "examples/kubernetes/base";
const FILES = ["examples/kubernetes/deployment.yaml", "examples/kubernetes/sidecar.yaml", BASE];
const [kustomization] = yamlFile(`${BASE}/kustomization.yaml`) as readonly [Kustomization];

/** The objects of a file, or of the base with the ConfigMap that Kustomize generates. */
function things(file: string): readonly Thing[] {
  if (file !== BASE) return yamlFile(file) as readonly Thing[];
  const maps = kustomization.configMapGenerator.map(({ name, files }) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, labels: {} },
    data: Object.fromEntries(files.map((each) => [each, readFileSync(join(BASE, each), "utf8")])),
  }));
  return [...maps, ...kustomization.resources.flatMap((resource) => yamlFile(`${BASE}/${resource}`) as readonly Thing[])];
}
/** The object of a kind; the test names the part of its type that it reads. */
const oneOf = (file: string, kind: string): unknown => things(file).find((thing) => thing.kind === kind);
const podOf = (file: string): Pod => (oneOf(file, "Deployment") as { spec: { template: { spec: Pod } } }).spec.template.spec;
const all = ({ containers, initContainers = [] }: Pod): readonly Container[] => [...initContainers, ...containers];

const folder = mkdtempSync(join(tmpdir(), "vitals-kubernetes-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes the configuration that the manifest mounts to a file, to start the collector with it. */
function mounted(file: string): string {
  const path = join(folder, file.replaceAll("/", "-"));
  writeFileSync(path, (oneOf(file, "ConfigMap") as { data: { "otel-config.yaml": string } }).data["otel-config.yaml"]);
  return path;
}

describe.each(FILES)("%s", (file) => {
  it(`${file} is valid by the schemas of Kubernetes`, () => {
    expect(things(file).length).toBeGreaterThan(1);
    for (const thing of things(file)) expect(() => validate(thing), thing.kind).not.toThrow();
  });

  it(`${file} gives its containers minimal privileges`, () => {
    const pod = podOf(file);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } });
    for (const { name, image, securityContext, resources } of all(pod)) {
      expect(securityContext, name).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(resources, name).toMatchObject({ limits: { memory: expect.any(String) as string }, requests: expect.any(Object) as object });
      expect(image, name).toMatch(/:\d+\.\d+\.\d+$/);
    }
  });

  it(`${file} mounts existing volumes, and its configuration is valid`, async () => {
    const pod = podOf(file);
    const volumes = pod.volumes.map(({ name }) => name);
    for (const { volumeMounts = [] } of all(pod)) expect(volumes).toEqual(expect.arrayContaining(volumeMounts.map(({ name }) => name)));
    const maps = things(file).flatMap(({ kind, metadata }) => (kind === "ConfigMap" ? [metadata.name] : []));
    expect(pod.volumes.flatMap(({ configMap }) => configMap?.name ?? [])).toEqual(maps);
    const claims = things(file).flatMap(({ kind, metadata }) => (kind === "PersistentVolumeClaim" ? [metadata.name] : []));
    expect(pod.volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])).toEqual(claims);
    const env = { VITALS_TOKEN: "x", POD_NAME: "agent-1", POD_NAMESPACE: "default" };
    const { code, stdout } = await command(["validate", "-c", mounted(file)], { env });
    expect(stdout).toMatch(/is valid\n$/);
    expect(code).toBe(0);
  });

  it(`${file} has probes that the collector answers on the declared port`, async () => {
    const config = mounted(file);
    const [container] = all(podOf(file));
    const port = container?.ports?.[0];
    const { config: loaded } = await loadConfig({ file: config, env: { VITALS_TOKEN: "x" }, cwd: "." });
    expect([loaded?.server.port, port?.containerPort]).toEqual([9464, 9464]);
    await using collector = await running(["-c", config], { env: { VITALS_TOKEN: "x", MEMORY_FILE_PATH: "examples/memory.jsonl" } });
    const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe].filter((probe) => probe !== undefined);
    expect(probes.length).toBeGreaterThan(1);
    for (const { httpGet } of probes) {
      expect(httpGet.port).toBe(port?.name);
      // With the pod's address and without a token, as the kubelet does.
      let answer = await fetch(`${collector.url}${httpGet.path}`, { headers: { host: "10.1.2.3:9464" } });
      while (httpGet.path === "/readyz" && answer.status === 503) answer = await fetch(`${collector.url}${httpGet.path}`);
      expect([httpGet.path, answer.status]).toEqual([httpGet.path, 200]);
    }
  });
});

describe("the ServiceMonitor", () => {
  const file = FILES[0] as string;
  const monitor = oneOf(file, "ServiceMonitor") as {
    spec: { selector: { matchLabels: object }; jobLabel: string; endpoints: [{ port: string; path: string; authorization: object }] };
  };
  const service = oneOf(file, "Service") as Thing & { spec: { selector: object; ports: [{ name: string; targetPort: string }] } };

  it("the ServiceMonitor selects the Service, and the Service the pods", () => {
    const deployment = oneOf(file, "Deployment") as { spec: { template: { metadata: { labels: object } } } };
    expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
    expect(deployment.spec.template.metadata.labels).toMatchObject(service.spec.selector);
    expect(monitor.spec.endpoints.map(({ port }) => port)).toEqual(service.spec.ports.map(({ name }) => name));
    expect(podOf(file).containers[0]?.ports?.map(({ name }) => name)).toContain(service.spec.ports[0].targetPort);
    expect(service.metadata.labels[monitor.spec.jobLabel]).toBe("otel-vitals");
  });

  it("the ServiceMonitor's path serves metrics to a request with the token", async () => {
    await using collector = await running(["-c", mounted(file)], { env: { VITALS_TOKEN: "x" } });
    const [{ path }] = monitor.spec.endpoints;
    expect((await fetch(`${collector.url}${path}`)).status).toBe(401);
    const scrape = await fetch(`${collector.url}${path}`, { headers: { authorization: "Bearer x" } });
    expect(scrape.status).toBe(200);
    expect(await scrape.text()).toContain("vitals_collection_up");
  });

  it("the schema check of these tests rejects an invalid ServiceMonitor", () => {
    const wrong = { ...(monitor as unknown as Thing), spec: { ...monitor.spec, endpoints: [{ port: "http", interval: 15 }] } };
    expect(() => validate(wrong)).toThrow(/interval/);
  });
});

describe("the Kustomize base", () => {
  const kind = (name: string): unknown => oneOf(BASE, name);

  it("the Kustomize base lists every file of its folder", () => {
    const listed = [...kustomization.resources, ...kustomization.configMapGenerator.flatMap(({ files }) => files), "kustomization.yaml"];
    expect(listed.toSorted()).toEqual(readdirSync(BASE).toSorted());
    expect(kustomization.resources.length).toBeGreaterThan(4);
  });

  it("the Kustomize base has the objects of the standalone example", () => {
    for (const name of ["Deployment", "Service", "PersistentVolumeClaim"]) {
      expect(kind(name), name).toBeDefined();
      expect(kind(name), name).toEqual(oneOf(FILES[0] as string, name));
    }
  });

  it("the NetworkPolicy and the PodMonitor select the pods of the base, and the port that they name", () => {
    const { labels } = (kind("Deployment") as { spec: { template: { metadata: { labels: Thing["metadata"]["labels"] } } } }).spec.template
      .metadata;
    const ports = podOf(BASE).containers[0]?.ports?.map(({ name }) => name);
    const policy = kind("NetworkPolicy") as {
      spec: { podSelector: { matchLabels: object }; policyTypes: readonly string[]; ingress: [{ ports: readonly { port: string }[] }] };
    };
    const monitor = kind("PodMonitor") as {
      spec: { selector: { matchLabels: object }; jobLabel: string; podMetricsEndpoints: [{ port: string; path: string }] };
    };
    expect(labels).toMatchObject(policy.spec.podSelector.matchLabels);
    expect(policy.spec.policyTypes).toEqual(["Ingress"]);
    expect(policy.spec.ingress[0].ports.map(({ port }) => port)).toEqual(ports);
    expect(labels).toMatchObject(monitor.spec.selector.matchLabels);
    expect(labels[monitor.spec.jobLabel]).toBe("otel-vitals");
    expect(monitor.spec.podMetricsEndpoints.map(({ port }) => port)).toEqual(ports);
    expect(monitor.spec.podMetricsEndpoints[0].path).toBe("/metrics");
  });

  it("the PrometheusRule has the rules of the shipped file", () => {
    const [rules] = yamlFile("grafana/prometheus/otel-vitals.rules.yml") as readonly [{ groups: readonly object[] }];
    expect(rules.groups.length).toBeGreaterThan(0);
    expect((kind("PrometheusRule") as { spec: object }).spec).toEqual(rules);
  });
});

describe("memory of the collector's containers", () => {
  /** Rows of docs/sizing.md, in MiB. */
  const rows = [...readFileSync("docs/sizing.md", "utf8").matchAll(/^\| ([^|]+) \| (\d+) MiB \| (\d+) MiB \|$/gm)].map(
    ([, reads = "", request, limit]) => ({ reads, resources: { request: `${request}Mi`, limit: `${limit}Mi` } }),
  );
  const sized = (reads: string) => rows.find((row) => row.reads.startsWith(reads))?.resources;

  it.each([
    [FILES[0] as string, "this machine"],
    [BASE, "this machine"],
    [FILES[1] as string, "a memory file of up to 5 MB"],
  ])("%s has the request and the limit that docs/sizing.md gives for %s", (file, reads) => {
    const [container] = all(podOf(file));
    expect(sized(reads)).toBeDefined();
    expect(container?.resources).toMatchObject({
      requests: { memory: sized(reads)?.request },
      limits: { memory: sized(reads)?.limit },
    });
  });

  it.each([
    ["vitals", "this machine"],
    ["vitals-agent", "a memory file of up to 5 MB"],
  ])("the compose service %s has the limit that docs/sizing.md gives for %s", (name, reads) => {
    const [compose] = yamlFile("docker-compose.yml") as readonly [{ services: Readonly<Record<string, { mem_limit: string }>> }];
    expect(sized(reads)?.limit).toBe(compose.services[name]?.mem_limit.replace(/m$/, "Mi"));
  });
});

describe("the sidecar", () => {
  it("the sidecar starts before the agent, keeps running next to it, and mounts its memory read-only", () => {
    const [vitals] = podOf(FILES[1] as string).initContainers ?? [];
    expect(vitals).toMatchObject({ name: "vitals", restartPolicy: "Always" });
    expect(vitals?.volumeMounts?.find(({ name }) => name === "memory")).toMatchObject({ readOnly: true });
  });
});
