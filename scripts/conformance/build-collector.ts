import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MANIFEST = fileURLToPath(new URL("./builder.yaml", import.meta.url));
const CACHE = fileURLToPath(new URL("../../.cache/conformance/", import.meta.url));
const BUILDER = "go.opentelemetry.io/collector/cmd/builder";

/** Path of the Collector that is built from the current manifest. */
export function collectorPath(): string {
  const digest = createHash("sha256").update(readFileSync(MANIFEST)).digest("hex").slice(0, 12);
  return join(CACHE, `otelcol-${digest}`);
}

/**
 * Builds an OpenTelemetry Collector with its official builder, once for each manifest: minutes the first time.
 *
 * @returns the program's path
 * @throws when there is no Go toolchain, or something does not build
 */
export function buildCollector(print: (line: string) => void): string {
  const built = collectorPath();
  if (existsSync(built)) return built;
  const version = /^ {2}version: (\S+)$/m.exec(readFileSync(MANIFEST, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${MANIFEST}: expected dist.version`);
  const source = join(CACHE, "source");
  rmSync(source, { recursive: true, force: true });
  mkdirSync(source, { recursive: true });
  print(`installing the builder ${version}`);
  go(["install", `${BUILDER}@v${version}`], { GOBIN: CACHE });
  print("building an OpenTelemetry Collector: some minutes, once");
  const manifest = join(source, "manifest.yaml");
  writeFileSync(manifest, readFileSync(MANIFEST, "utf8").replace(/^dist:$/m, `dist:\n  output_path: ${JSON.stringify(source)}`));
  run(join(CACHE, "builder"), ["--config", manifest], {});
  renameSync(join(source, "otelcol"), built);
  rmSync(source, { recursive: true });
  return built;
}

const go = (args: readonly string[], env: Readonly<Record<string, string>>): void => run("go", args, env);

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): void {
  // One package at a time and at low priority: nothing waits for this.
  const goFlags = [process.env["GOFLAGS"], "-p=1"].filter(Boolean).join(" ");
  const { status, error, stderr } = spawnSync("nice", ["-n", "15", command, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env, GOFLAGS: goFlags },
  });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split("\n").slice(-3).join(" | ");
  throw new Error(`${command} ${args.join(" ")}: ${reason}`);
}
