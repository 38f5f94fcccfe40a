import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { starterOf, STARTER_NAMES } from "../../src/cli/starters.ts";
import { configFolder } from "../support/config-folder.ts";
import { ROOT, yamlFile } from "../support/yaml-file.ts";

const { load, path } = configFolder();

const text = (file: string): string => readFileSync(resolve(ROOT, file), "utf8");

/** The configuration in the ConfigMap of a manifest. */
const inManifest = (file: string): string =>
  (yamlFile(file) as readonly { readonly kind: string; readonly data?: Readonly<Record<string, string>> }[]).find(
    ({ kind }) => kind === "ConfigMap",
  )?.data?.["otel-config.yaml"] ?? "";

const BESIDE_THE_FILE = ".otel-vitals";
const VOLUME = "/var/lib/otel-vitals";

const shipped: readonly (readonly [name: string, text: string, folder: string])[] = [
  ["the repository", text("otel-config.yaml"), BESIDE_THE_FILE],
  ...STARTER_NAMES.map((name) => [`otel-vitals init --for ${name}`, starterOf(name), BESIDE_THE_FILE] as const),
  ["the image", text("deploy/otel-config.yaml"), VOLUME],
  ["the compose service vitals", text("deploy/compose/vitals.yaml"), VOLUME],
  ["the compose service vitals-agent", text("deploy/compose/vitals-agent.yaml"), VOLUME],
  ["the Kubernetes deployment", inManifest("examples/kubernetes/deployment.yaml"), VOLUME],
  ["the Kubernetes sidecar", inManifest("examples/kubernetes/sidecar.yaml"), VOLUME],
];

/** Folder of the state that a configuration has in this environment. */
async function stateOf(config: string, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { config: loaded, problems } = await load(config, { env: { VITALS_TOKEN: "x", POD_NAME: "p", POD_NAMESPACE: "n", ...env } });
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const dir = loaded?.plan.options.state?.dir;
  return dir === undefined ? undefined : resolve(loaded?.baseDir ?? "", dir);
}

describe("the state of shipped configurations", () => {
  it.each(shipped)("The configuration of %s keeps a state, and STATE_DIRECTORY is another folder for it", async (_, config, folder) => {
    expect(await stateOf(config, {})).toBe(resolve(path("."), folder));
    expect(await stateOf(config, { STATE_DIRECTORY: "/var/lib/elsewhere" })).toBe("/var/lib/elsewhere");
  });

  it("The configuration of the repository without a state is valid", async () => {
    const { config, problems } = await load(text("otel-config.yaml"), { set: [["collector.state", "null"]] });
    expect([config?.plan.options.state, problems]).toEqual([undefined, []]);
  });

  it("git ignores the state beside the configuration of the repository", () => {
    expect(text(".gitignore").split("\n")).toContain(`${BESIDE_THE_FILE}/`);
  });
});

interface Mount {
  readonly type?: string;
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
}

describe("where shipped deployments keep the state", () => {
  it("The image has a volume for its user there", () => {
    const lines = text("Dockerfile").split("\n");
    expect(lines).toContain(`VOLUME ${VOLUME}`);
    expect(lines.find((line) => line.startsWith("RUN mkdir") && line.includes(VOLUME))).toMatch(
      new RegExp(`mkdir -m 700 ${VOLUME} && chown 1000:1000 .*${VOLUME}$`),
    );
  });

  it("Each collector of the compose file has a volume of its own there", () => {
    const [compose] = yamlFile("docker-compose.yml") as readonly [
      {
        readonly services: Readonly<Record<string, { readonly build?: { readonly target?: string }; readonly volumes?: readonly Mount[] }>>;
        readonly volumes: Readonly<Record<string, unknown>>;
      },
    ];
    const mounts = Object.values(compose.services)
      .filter(({ build }) => build?.target === "collector")
      .map(({ volumes = [] }) => volumes.find(({ target }) => target === VOLUME));
    const sources = mounts.map((mount) => mount?.source ?? "");
    expect(mounts.length).toBeGreaterThan(1);
    for (const mount of mounts) expect(mount).toEqual({ type: "volume", source: mount?.source, target: VOLUME });
    expect(new Set(sources).size).toBe(mounts.length);
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(sources));
  });

  it.each(["examples/kubernetes/deployment.yaml", "examples/kubernetes/sidecar.yaml"])("%s mounts a writable volume there", (file) => {
    interface Container {
      readonly image: string;
      readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
    }
    interface Pod {
      readonly securityContext: { readonly fsGroup?: number };
      readonly containers: readonly Container[];
      readonly initContainers?: readonly Container[];
      readonly volumes: readonly Readonly<Record<string, unknown>>[];
    }
    interface Deployment {
      readonly kind: string;
      readonly spec: { readonly template: { readonly spec: Pod } };
    }
    const deployment = (yamlFile(file) as readonly Deployment[]).find(({ kind }) => kind === "Deployment") as Deployment;
    const pod = deployment.spec.template.spec;
    const collector = [...pod.containers, ...(pod.initContainers ?? [])].find(({ image }) => image.startsWith("otel-vitals:"));
    const mount = collector?.volumeMounts?.find(({ mountPath }) => mountPath === VOLUME);
    expect(mount).toEqual({ name: mount?.name, mountPath: VOLUME });
    const volume = pod.volumes.find(({ name }) => name === mount?.name);
    expect(volume?.["persistentVolumeClaim"] ?? volume?.["emptyDir"]).toBeDefined();
    // The volume belongs to root otherwise.
    expect(pod.securityContext.fsGroup).toBe(1000);
  });

  it("The systemd unit has a private state directory", () => {
    const unit = text("examples/systemd/otel-vitals.service").split("\n");
    expect(unit).toEqual(expect.arrayContaining(["StateDirectory=otel-vitals", "StateDirectoryMode=0700"]));
  });
});
