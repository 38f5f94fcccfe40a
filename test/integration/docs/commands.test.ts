import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandsOf, docBlocks, docPages } from "../../support/doc-blocks.ts";
import { ROOT } from "../../support/yaml-file.ts";

/** How a command of the documentation is known to work. */
type Proof =
  /** It is run here as it is written, in an empty folder. */
  | { readonly exits: number; readonly prints?: string }
  /** The same with a folder of the empty one in the place of a folder of the system, and after another command. */
  | { readonly exits: number; readonly prints?: string; readonly insteadOf: string; readonly after?: string }
  /** Another file runs it, and contains this text. */
  | { readonly file: string; readonly contains: string }
  /** No test can run it. */
  | { readonly untested: string };

const DOCKER = "there is no container engine where the tests run; the files are checked with their own tools";
const SYSTEM = "it changes the machine";
const CLUSTER = "it needs a cluster; the manifests are validated";

const MAKE_FOLDER = "install -d -m 755 /etc/otel-vitals && (cd /etc/otel-vitals && otel-vitals init)";

const AUDIT: Proof = { file: "test/integration/cli/audit.test.ts", contains: "prints what the guide shows" };

/** The packages that the examples are run with. */
const EMBED: Proof = { file: "test/integration/examples/embed.test.ts", contains: "startService(" };
const REINSTALLED: Proof = { file: "test/integration/install.test.ts", contains: '"install", "--global"' };

const PROOFS: Readonly<Record<string, Proof>> = {
  "npm ci && npm start": { file: "test/integration/docs/npm-start.test.ts", contains: 'spawn("npm", ["start", ' },
  "npm ci && npm test": { file: ".ci/run", contains: "npm ci && npm test" },
  "otel-vitals init --store falkordb": { exits: 0, prints: "otel-config.yaml" },
  "npx otel-vitals init --store falkordb": { exits: 0, prints: "otel-config.yaml" },
  "npx otel-vitals init --store neo4j": { exits: 0, prints: "otel-config.yaml" },
  "npx otel-vitals once": { exits: 0, prints: "memoryUtilization" },
  "otel-vitals check": { file: "test/integration/first-minute.test.ts", contains: 'command(["check", ' },
  "npx otel-vitals check": { file: "test/integration/first-minute.test.ts", contains: 'command(["check", ' },
  "otel-vitals dashboards -c otel-config.yaml --out grafana": {
    file: "test/integration/cli/dashboards.test.ts",
    contains: '"dashboards", ',
  },
  "otel-vitals audit examples/memory.jsonl": AUDIT,
  "otel-vitals audit examples/memory.jsonl --min memories=1 --max duplicate-share=5% --max orphans=10": AUDIT,
  "export NEO4J_PASSWORD=change-this-password": { exits: 0 },
  "npm install otel-vitals redis@6": { file: "test/integration/package.test.ts", contains: "npm" },
  "npm install otel-vitals neo4j-driver@6": { file: "test/integration/package.test.ts", contains: "npm" },
  "npm install otel-vitals": EMBED,
  "npm install otel-vitals express": EMBED,
  "npm install otel-vitals express prom-client": EMBED,
  "npm install otel-vitals fastify": EMBED,
  "npm install otel-vitals hono @hono/node-server": EMBED,
  "npm install otel-vitals zod": EMBED,
  "npm install --global otel-vitals": { file: "test/integration/package.test.ts", contains: "npm" },
  "otel-vitals init": { exits: 0, prints: "otel-config.yaml" },
  "otel-vitals run": { file: "test/support/command.ts", contains: '["run", ' },
  "otel-vitals support": { file: "test/integration/cli/support.test.ts", contains: '"support"' },
  "otel-vitals support http://127.0.0.1:9464 --out report.tar.gz": { file: "test/integration/cli/support.test.ts", contains: '"--out"' },
  "otel-vitals test --replay .otel-vitals --set 'collector.health.rules=[{ name: Busy, collection: analytics, field: cpuUtilization, stat: mean, window: 30s, above: 0.8, clear: 0.6, for: 10s }]'":
    { file: "test/integration/state/replay.test.ts", contains: '"--replay"' },
  "otel-vitals test --replay http://127.0.0.1:9464 --since 30m": { file: "test/integration/state/replay.test.ts", contains: '"--since"' },
  "otel-vitals top": { file: "test/integration/cli/top.test.ts", contains: '"top"' },
  "otel-vitals top https://vitals.example/agent/": { file: "test/integration/cli/top.test.ts", contains: '"top"' },
  "otel-vitals top | cat": { file: "test/integration/cli/top.test.ts", contains: '"top"' },
  "watch -n 10 otel-vitals top": { file: "test/integration/cli/top.test.ts", contains: '"top"' },
  "docker run -d -p 127.0.0.1:6379:6379 falkordb/falkordb": { untested: DOCKER },
  "docker run -d -p 127.0.0.1:7687:7687 -e NEO4J_AUTH=neo4j/change-this-password neo4j:5.26": { untested: DOCKER },
  "docker build -t otel-vitals .": { untested: DOCKER },
  'docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges -e VITALS_TOKEN="$(openssl rand -hex 32)" -p 127.0.0.1:9464:9464 -v otel-vitals:/var/lib/otel-vitals otel-vitals':
    { untested: DOCKER },
  'kubectl create secret generic otel-vitals --from-literal=token="$(openssl rand -hex 32)"': { untested: CLUSTER },
  "kubectl apply -f examples/kubernetes/deployment.yaml": { untested: CLUSTER },
  [MAKE_FOLDER]: { exits: 0, prints: "otel-config.yaml", insteadOf: "/etc/otel-vitals" },
  "install -m 600 /dev/null /etc/otel-vitals/token && openssl rand -hex 32 > /etc/otel-vitals/token": {
    exits: 0,
    insteadOf: "/etc/otel-vitals",
    after: MAKE_FOLDER,
  },
  "cp examples/systemd/otel-vitals.service /etc/systemd/system/ && systemctl daemon-reload": { untested: SYSTEM },
  "systemctl enable --now otel-vitals": { untested: SYSTEM },
  "npx --yes otel-vitals@latest validate -c otel-config.yaml": {
    file: "test/integration/install.test.ts",
    contains: '"validate", "-c", "otel-config.yaml"',
  },
  "npm install --global otel-vitals@latest": REINSTALLED,
  "npm install --global otel-vitals@0.2.0": REINSTALLED,
  "npm uninstall --global otel-vitals": { file: "test/integration/install.test.ts", contains: '"uninstall", "--global"' },
  "otel-vitals --version": { exits: 0, prints: "." },
  "otel-vitals validate -c otel-config.yaml": {
    file: "test/integration/install.test.ts",
    contains: '"validate", "-c", "otel-config.yaml"',
  },
  'rm -rf .otel-vitals otel-config.yaml "${XDG_CACHE_HOME:-$HOME/.cache}/otel-vitals"': {
    file: "test/integration/install.test.ts",
    contains: "blockOf",
  },
  "systemctl disable --now otel-vitals && systemctl clean --what=state otel-vitals && rm /etc/systemd/system/otel-vitals.service && systemctl daemon-reload":
    { untested: SYSTEM },
  "rm -r /etc/otel-vitals": { exits: 0, insteadOf: "/etc/otel-vitals", after: MAKE_FOLDER },
};

/** The test of the tutorial runs its commands. */
const TUTORIAL = "docs/tutorial.md";

const MAX_UNTESTED = 10;

const documented = docPages().flatMap((page) =>
  docBlocks(page)
    .filter(({ language }) => page !== TUTORIAL && language === "sh")
    .flatMap((block) => commandsOf(block).map((command) => [page, command] as const)),
);

const folder = mkdtempSync(join(tmpdir(), "vitals-doc-commands-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  const main = join(ROOT, "src/cli/main.ts");
  for (const [name, shift] of [
    ["otel-vitals", ""],
    ["npx", '[ "$1" = otel-vitals ] && shift || exit 127\n'],
  ] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${shift}exec "${process.execPath}" "${main}" "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  }
});

/** Runs one line of shell in an empty folder, where `otel-vitals` and `npx otel-vitals` are this checkout's. */
async function inEmptyFolder(line: string): Promise<{ readonly code: number; readonly output: string }> {
  const cwd = mkdtempSync(join(folder, "run-"));
  const env = { PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`, HOME: cwd };
  try {
    const { stdout, stderr } = await promisify(execFile)("sh", ["-c", line], { cwd, env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

describe("commands in the documentation", () => {
  it.each(documented)("%s: a test proves the command %s", async (_page, line) => {
    const proof = PROOFS[line];
    if (!proof) throw new Error(`no proof is known; expected an entry for it in PROOFS`);
    if ("file" in proof) expect(readFileSync(join(ROOT, proof.file), "utf8")).toContain(proof.contains);
    else if ("exits" in proof) {
      const { after, insteadOf } = { after: undefined, insteadOf: undefined, ...proof };
      const whole = after === undefined ? line : `${after} && ${line}`;
      const { code, output } = await inEmptyFolder(insteadOf === undefined ? whole : whole.replaceAll(insteadOf, "./system"));
      expect([code, output]).toEqual([proof.exits, expect.stringContaining(proof.prints ?? "")]);
    }
  });

  it("every proof is of a documented command", () => {
    const lines = documented.map(([, line]) => line);
    expect(lines.length).toBeGreaterThan(20);
    expect(Object.keys(PROOFS).filter((line) => !lines.includes(line))).toEqual([]);
  });

  it(`at most ${MAX_UNTESTED} commands are tested by no test`, () => {
    expect(Object.values(PROOFS).filter((proof) => "untested" in proof).length).toBeLessThanOrEqual(MAX_UNTESTED);
  });
});
