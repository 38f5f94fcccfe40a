import { parseArgs, type ParseArgsConfig } from "node:util";
import { alternatives, quoted, unknownName } from "../base/suggest.ts";
import { messageOf, isVitalsError } from "../base/errors.ts";
import type { Setting } from "../config/load.ts";

/** An invalid command line; the command exits with code 2 and points to the help. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options of every command. */
export interface CommonOptions {
  readonly config?: string | undefined;
  readonly set: readonly Setting[];
  readonly listen?: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat?: "text" | "json" | undefined;
  readonly help: boolean;
  readonly version: boolean;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

type OptionTable = NonNullable<ParseArgsConfig["options"]>;

const COMMON = {
  config: { type: "string", short: "c" },
  set: { type: "string", multiple: true },
  listen: { type: "string" },
  "log-level": { type: "string" },
  "log-format": { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const satisfies OptionTable;

export interface CommandLine {
  readonly common: CommonOptions;
  /** The command's own options by name. */
  readonly own: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Parses a command's arguments. @throws UsageError for an unknown option and a missing or invalid value */
export function parseCommandLine(args: readonly string[], own: OptionTable = {}): CommandLine {
  const options: OptionTable = { ...COMMON, ...own };
  refuseUnknown(args, options);
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
  const values = parsed.values as Readonly<Record<string, string | boolean | string[] | undefined>>;
  const ownValues = Object.fromEntries(Object.keys(own).map((name) => [name, values[name]]));
  return { common: commonOf(values), own: ownValues, positionals: parsed.positionals };
}

function refuseUnknown(args: readonly string[], options: OptionTable): void {
  for (const arg of args) {
    const name = /^--([^=]+)/.exec(arg)?.[1];
    if (name === undefined || name in options) continue;
    throw new UsageError(
      unknownName(
        "option",
        `--${name}`,
        Object.keys(options).map((each) => `--${each}`),
      ),
    );
  }
}

function commonOf(values: Readonly<Record<string, string | boolean | string[] | undefined>>): CommonOptions {
  const listen = values["listen"] as string | undefined;
  const listened = listen === undefined ? [] : listenSettings(listen);
  const set = ((values["set"] ?? []) as readonly string[]).map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--set: expected path=value, found ${quoted(text)}`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return {
    config: values["config"] as string | undefined,
    set: [...set, ...listened],
    listen,
    logLevel: oneOf("--log-level", values["log-level"], LOG_LEVELS) ?? "info",
    logFormat: oneOf("--log-format", values["log-format"], ["text", "json"] as const),
    help: values["help"] === true,
    version: values["version"] === true,
  };
}

function listenSettings(listen: string): readonly Setting[] {
  const match = /^(.+):(\d{1,5})$/.exec(listen);
  if (!match) throw new UsageError(`--listen: expected HOST:PORT, found ${quoted(listen)}`);
  const host = (match[1] as string).replace(/^\[(.*)\]$/, "$1");
  return [
    ["collector.server.host", JSON.stringify(host), "--listen"],
    ["collector.server.port", match[2] as string, "--listen"],
  ];
}

/** An option's value, which must be one of `values`; undefined where the option is absent. @throws UsageError for any other value */
export function oneOf<const V extends string>(
  option: string,
  value: string | boolean | readonly string[] | undefined,
  values: readonly V[],
): V | undefined {
  if (value === undefined) return undefined;
  const known = values.find((each) => each === value);
  if (known === undefined) throw new UsageError(`${option}: expected ${alternatives(values)}, found ${quoted(String(value))}`);
  return known;
}

/** Exit codes of the command. */
export const EXIT = { fine: 0, failure: 1, usage: 2, configuration: 3, unreachable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (!isVitalsError(error)) return EXIT.failure;
  if (error.code === "config_invalid" || error.code === "config_unreadable") return EXIT.configuration;
  return error.code === "source_unreachable" || error.code === "state_unreadable" ? EXIT.unreachable : EXIT.failure;
}
