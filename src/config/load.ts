import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { messageOf, VitalsError } from "../base/errors.ts";
import { parse } from "../base/issues.ts";
import type { Plan } from "../collector/resolve.ts";
import { type ServerOptions, fileSchema, IGNORED_SECTIONS } from "./file-schema.ts";
import { planCollector } from "./check.ts";
import { builtInConfig, readConfigFile } from "./read-file.ts";
import { ConfigDocument, lineOf, type Problem } from "./document.ts";
import { listenerProblems } from "./listeners.ts";
import { openTelemetryOf, openTelemetryOfEnvironment, type OpenTelemetryConfig } from "./opentelemetry.ts";
import { accepted } from "./prune.ts";
import { serverToken } from "./server-token.ts";
import type { Environment } from "./substitute.ts";
import { parseText } from "./yaml.ts";

/** A value in YAML from the command line, at a dotted path. @param option the one that it comes from; default: `--set` */
export type Setting = readonly [path: string, text: string, option?: string];

export interface LoadOptions {
  /** `--config`; default `OTEL_CONFIG_FILE`, then `./otel-config.yaml`, then the built-in defaults. */
  readonly file?: string | undefined;
  /** `--set`, and other options that set values: values in YAML by dotted path. */
  readonly set?: readonly Setting[];
  readonly env: Environment;
  readonly cwd: string;
  /** Whether the file of the server's token is read and checked, as a start of the server does. Default: false. */
  readonly checksTokenFile?: boolean;
}

/** A valid configuration. */
export interface LoadedConfig extends OpenTelemetryConfig {
  /** undefined for the built-in defaults. */
  readonly file: string | undefined;
  /** Folder that relative paths in it are relative to. */
  readonly baseDir: string;
  readonly plan: Plan;
  readonly server: ServerOptions;
}

/** A configuration and all its problems. */
export interface LoadResult {
  /** Undefined when there is an error. */
  readonly config: LoadedConfig | undefined;
  readonly problems: readonly Problem[];
}

/** Whether a configuration is read from a file, and from which; undefined for the built-in defaults. */
export const configFileOf = ({ file, env, cwd }: Pick<LoadOptions, "file" | "env" | "cwd">): string | undefined => {
  if (file !== undefined) return file;
  if (env["OTEL_CONFIG_FILE"]) return env["OTEL_CONFIG_FILE"];
  return existsSync(resolve(cwd, DEFAULT_FILE)) ? DEFAULT_FILE : undefined;
};

export const DEFAULT_FILE = "otel-config.yaml";
const BUILT_IN = "built-in defaults";

/**
 * Finds, reads and checks a configuration; reports all problems in one run.
 *
 * @throws VitalsError `config_unreadable` when the file cannot be read, `config_invalid` when it is empty
 */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const { document, file } = await openDocument(options);
  const baseDir = file === undefined ? options.cwd : dirname(resolve(options.cwd, file));
  const config = document.hasErrors ? undefined : await check(document, file, baseDir, options.env);
  if (config && options.checksTokenFile) await checkTokenFile(document, config);
  return { config: document.hasErrors ? undefined : config, problems: document.problems };
}

/** The document of a configuration, with the variables and the settings of the command line, before it is checked. @throws as `loadConfig` */
export async function openDocument(
  options: LoadOptions,
): Promise<{ readonly document: ConfigDocument; readonly file: string | undefined }> {
  const file = configFileOf(options);
  const text =
    file === undefined ? builtInConfig(Boolean(options.env["MEMORY_FILE_PATH"])) : await readConfigFile(resolve(options.cwd, file));
  const document = new ConfigDocument(text, file ?? BUILT_IN);
  document.substitute(options.env, isIgnored);
  for (const [path, value, option] of options.set ?? []) document.set(path, yamlOf(path, value), option);
  return { document, file };
}

async function checkTokenFile(document: ConfigDocument, config: LoadedConfig): Promise<void> {
  try {
    await serverToken(config);
  } catch (error) {
    const path = ["collector", "server", "token_file"];
    document.note("error", path, messageOf(error).replace(`${path.join(".")}: `, ""));
  }
}

/** The errors of a configuration as one error, one line each. */
export function configError(problems: readonly Problem[]): VitalsError {
  const errors = problems.filter(({ severity }) => severity === "error").map(lineOf);
  return new VitalsError("config_invalid", errors.join("\n"));
}

function yamlOf(path: string, text: string): unknown {
  try {
    const { document, problems } = parseText(text);
    if (problems.length === 0) return document.toJS({ maxAliasCount: 0 });
  } catch {
    // An alias, which refers to nothing here.
  }
  throw new VitalsError("config_invalid", `--set ${path.slice(0, 100)}: expected a value in YAML, found text that is none`);
}

async function check(
  document: ConfigDocument,
  file: string | undefined,
  baseDir: string,
  env: Environment,
): Promise<LoadedConfig | undefined> {
  const data = withoutIgnoredSections(document, document.data());
  if (document.hasErrors) return undefined;
  const parsed = parse(fileSchema, data, {
    isSecret: (path) => document.isSecret(path),
    interpretations: (path) => document.interpretations(path),
  });
  if (!parsed.ok) {
    document.noteIssues(parsed.issues);
    // The valid rest may still refer to unknown names: one run reports these too.
    const rest = accepted(fileSchema, parsed.read);
    if (rest) await planCollector(document, rest.data.collector, baseDir, rest);
    return undefined;
  }
  const { server } = parsed.data.collector;
  const plan = await planCollector(document, parsed.data.collector, baseDir);
  const telemetry = file === undefined ? openTelemetryOfEnvironment(document, env) : openTelemetryOf(document, parsed.data);
  document.noteIssues(listenerProblems(telemetry.meterProvider, server));
  return { file, baseDir, plan, server, ...telemetry };
}

/** Whether a section has no effect here. */
const isIgnored = (section: string): boolean => (IGNORED_SECTIONS as readonly string[]).includes(section);

/** Maps of any content, for anchors and for other programs, as in Compose: at the top level and in a section they have no effect. */
const isExtension = (key: string): boolean => key.startsWith("x-");

/** Removes the sections of OpenTelemetry's configuration that this program ignores, with a warning for each, and extensions. */
function withoutIgnoredSections(document: ConfigDocument, data: unknown): unknown {
  if (!isRecord(data)) return data;
  const sections = Object.entries(data).filter(([name]) => !isExtension(name));
  for (const [name] of sections)
    if (isIgnored(name)) document.note("warning", [name], "not supported by this program; the section is ignored");
  const kept = sections.filter(([name]) => !isIgnored(name));
  const withoutExtensions = (section: unknown): unknown =>
    isRecord(section) ? Object.fromEntries(Object.entries(section).filter(([key]) => !isExtension(key))) : section;
  return Object.fromEntries(kept.map(([name, section]) => [name, withoutExtensions(section)]));
}

const isRecord = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === "object" && data !== null && !Array.isArray(data);
