import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestOptions } from "vitest";
import { isDownloaded, type Download } from "./engines/cache.ts";

/** Programs that tests start, each with the Debian package that contains it. */
export const DEBIAN_PACKAGES = {
  prometheus: "prometheus",
  promtool: "prometheus",
  "prometheus-alertmanager": "prometheus-alertmanager",
  amtool: "prometheus-alertmanager",
  chromium: "chromium",
  "systemd-analyze": "systemd",
  script: "bsdutils",
  strace: "strace",
  setpriv: "util-linux",
  openssl: "openssl",
  tar: "tar",
  python3: "python3",
  pip3: "python3-pip",
  java: "openjdk-17-jre-headless",
  mvn: "maven",
} as const;
export type Program = keyof typeof DEBIAN_PACKAGES;

/** The independent OTLP receiver has npm packages of its own, in this folder. */
export const RECEIVER_FOLDER = fileURLToPath(new URL("./otlp-receiver/", import.meta.url));
/** `registry`: the test installs packages from the npm registry, which happens in CI and on request only. */
export type Requirement = Program | Engine | "frameworks" | "otlp-receiver" | "linux" | "registry";

/** What `npm run setup` downloads, with the program that runs it. */
const ENGINES = {
  falkordb: { download: "falkordb", runs: "openssl" },
  neo4j: { download: "neo4j", runs: "java" },
  graphiti: { download: "writers", runs: "python3" },
  "mcp-neo4j-memory": { download: "writers", runs: "python3" },
} as const satisfies Readonly<Record<string, { readonly download: Download; readonly runs: Program }>>;
type Engine = keyof typeof ENGINES;

const isEngine = (requirement: Requirement): requirement is Engine => requirement in ENGINES;

declare module "vitest" {
  interface TaskMeta {
    /** Why the test is skipped; read by the skip report. */
    skipReason?: string;
  }
}

/** Path of a program; undefined if it is not on the PATH. */
export function program(name: Program): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

export function isInstalled(requirement: Requirement): boolean {
  if (requirement === "linux") return process.platform === "linux";
  if (requirement === "registry") return Boolean(process.env["CI"] ?? process.env["PEERS"]);
  if (requirement === "otlp-receiver") return existsSync(join(RECEIVER_FOLDER, "node_modules", "autotel-devtools", "package.json"));
  if (requirement === "frameworks") return isDownloaded("frameworks");
  if (isEngine(requirement)) return isDownloaded(ENGINES[requirement].download) && program(ENGINES[requirement].runs) !== undefined;
  return program(requirement) !== undefined;
}

/** Options of a test or suite that needs these: it is skipped, with the reason, if one of them is missing. */
export function needs(...requirements: readonly Requirement[]): TestOptions {
  const missing = requirements.filter((requirement) => !isInstalled(requirement));
  return missing.length === 0 ? {} : { skip: true, meta: { skipReason: reasonFor(missing) } };
}

function reasonFor(missing: readonly Requirement[]): string {
  if (missing.includes("registry")) return "it installs from the npm registry (npm run check:peers)";
  const programs = missing.filter((requirement) => requirement !== "linux");
  if (programs.length < missing.length) return "this machine does not run Linux";
  return `${programs.join(", ")} ${programs.length === 1 ? "is" : "are"} not installed (npm run setup)`;
}
