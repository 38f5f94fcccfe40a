import { PACKAGE_NAME } from "../base/version.ts";
import { COMMANDS, type Command } from "./commands.ts";
import { hanging } from "./paragraph.ts";
import type { ExitCode } from "./usage.ts";

const COMMON_HELP = [
  ["-c, --config FILE", "configuration file; default: OTEL_CONFIG_FILE, then ./otel-config.yaml, then built-in defaults"],
  ["--set path=value", "override a setting; repeatable"],
  ["--listen HOST:PORT", "address of the server; port 0 picks a free port"],
  ["--log-level LEVEL", "debug, info, warn or error; default info"],
  ["--log-format FORMAT", "text or json; default text on a terminal, json elsewhere"],
  ["-h, --help", "print this help"],
  ["-v, --version", "print the version"],
] as const;

/** What an exit code means where a command says nothing else. */
const COMMON_EXITS: Readonly<Partial<Record<ExitCode, string>>> = {
  1: "failed, such as where the result cannot be written",
  2: "usage error",
  3: "invalid or unreadable configuration",
};

/** The exit codes of a command, with what each means. */
export const exitsOf = ({ exits }: Command): readonly (readonly [code: string, meaning: string])[] =>
  Object.entries({ ...COMMON_EXITS, ...exits });

/** Help for the program. @param columns cells of a line; `Infinity` for lines of any length */
export function mainHelp(columns: number): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  return [
    `usage: ${PACKAGE_NAME} [command] [options]`,
    "",
    "Commands:",
    ...table(commands, columns),
    "",
    "Options of every command:",
    ...table(COMMON_HELP, columns),
    "",
    `Run "${PACKAGE_NAME} COMMAND --help" for the options, examples and exit codes of a command.`,
    "Exit codes: 0 success, 1 finding or failure, 2 usage error, 3 configuration error, 4 unreachable.",
  ].join("\n");
}

/** Help for a command. @param columns cells of a line; `Infinity` for lines of any length */
export function commandHelp(name: string, command: Command, columns: number): string {
  const { summary, args, help = [], examples } = command;
  return [
    `usage: ${PACKAGE_NAME} ${name} [options]${args === undefined ? "" : ` ${args}`}`,
    "",
    ...indented(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, 2, columns),
    "",
    ...(help.length === 0 ? [] : ["Options:", ...table(help, columns), ""]),
    "Options of every command:",
    ...table(COMMON_HELP, columns),
    "",
    examples.length === 1 ? "Example:" : "Examples:",
    ...examples.flatMap(([line, meaning]) => [`  ${PACKAGE_NAME} ${line}`, ...indented(meaning, 6, columns)]),
    "",
    "Exit codes:",
    ...table(exitsOf(command), columns),
  ].join("\n");
}

function table(rows: readonly (readonly [string, string])[], columns: number): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) => hanging(`  ${name.padEnd(width)}  `, width + 4, text, columns));
}

const indented = (text: string, indent: number, columns: number): readonly string[] => hanging(" ".repeat(indent), indent, text, columns);
