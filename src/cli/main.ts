#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import type { ParseArgsConfig } from "node:util";
import { didYouMean } from "../base/suggest.ts";
import { isVitalsError, messageOf } from "../base/errors.ts";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../base/version.ts";
import { EXIT, exitCodeOf, parseCommandLine, UsageError, type CommandLine } from "./usage.ts";

// Before a command is loaded: what Node compiled the last time it does not compile again.
enableCompileCache();

interface Command {
  readonly does: string;
  /** The arguments it takes; absent for none. */
  readonly takes?: string;
  readonly options?: NonNullable<ParseArgsConfig["options"]>;
  /** Help for the options above. */
  readonly help?: readonly (readonly [option: string, does: string])[];
  act(line: CommandLine): Promise<number>;
}

/** Each is loaded when it is asked for: what one needs must not make another slow to start. */
const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    does: "collect until SIGINT or SIGTERM (what happens without a command)",
    act: async (line) => (await import("./run.ts")).run(line),
  },
  validate: {
    does: "check the configuration without opening anything; lists all problems",
    options: { json: { type: "boolean" } },
    help: [["--json", "print the problems as JSON"]],
    act: async (line) => (await import("./validate.ts")).validate(line),
  },
  check: {
    does: "take one sample of each collection and make one request to each exporter and sink",
    act: async (line) => (await import("./check.ts")).check(line),
  },
  once: {
    does: "read each collection once and print it",
    options: { format: { type: "string" } },
    help: [["--format json|prom|table", "how to print; default table"]],
    act: async (line) => (await import("./once.ts")).once(line),
  },
  health: {
    does: "ask a running collector for its health",
    options: { wait: { type: "string" }, "fail-on": { type: "string" } },
    help: [
      ["--wait TIME", "ask again until it is well, for at most this long, such as 30s"],
      ["--fail-on STATUS", "degraded, unhealthy or critical; default unhealthy"],
    ],
    act: async (line) => (await import("./health.ts")).health(line),
  },
  dashboards: {
    does: "write Grafana dashboards and Prometheus rules for the collections in the configuration",
    options: { out: { type: "string" }, "all-types": { type: "boolean" }, job: { type: "string" }, runbooks: { type: "string" } },
    help: [
      ["--out DIR", "where to; default grafana"],
      ["--all-types", "dashboards also for built-in sample types that nothing collects"],
      ["--job NAME", "Prometheus' job of the scrape; default the service's name"],
      ["--runbooks URL", "what runbook links begin with; default docs/runbooks/"],
    ],
    act: async (line) => (await import("./dashboards.ts")).dashboards(line),
  },
  init: { does: "write a commented starter file; never overwrites", act: async (line) => (await import("./init.ts")).init(line) },
  test: {
    does: "run health rules against series written in files, and compare what fired when",
    takes: "FILE...",
    options: { json: { type: "boolean" } },
    help: [["--json", "print the results as JSON"]],
    act: async (line) => (await import("./test.ts")).test(line),
  },
};

const COMMON_HELP = [
  ["-c, --config FILE", "default OTEL_CONFIG_FILE, then ./otel-config.yaml, then built-in defaults"],
  ["--set path=value", "set a value in the configuration; may be repeated"],
  ["--listen HOST:PORT", "where to serve; port 0 lets the system choose"],
  ["--log-level LEVEL", "debug, info, warn or error; default info"],
  ["--log-format FORMAT", "text or json; default text on a terminal, json elsewhere"],
  ["-h, --help", "this"],
  ["-v, --version", "print the version"],
] as const;

async function main(args: readonly string[]): Promise<number> {
  const [first] = args;
  const isNamed = first !== undefined && !first.startsWith("-");
  const name = isNamed ? first : "run";
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`unknown command "${name.slice(0, 60)}"${didYouMean(name, Object.keys(COMMANDS))}`);
  const line = parseCommandLine(isNamed ? args.slice(1) : args, command.options);
  if (line.common.version) console.log(PACKAGE_VERSION);
  else if (line.common.help) console.log(isNamed ? commandHelp(name, command) : mainHelp());
  else if (line.positionals[0] !== undefined && command.takes === undefined)
    throw new UsageError(`${name} takes no argument, found "${line.positionals[0].slice(0, 60)}"`);
  else return command.act(line);
  return EXIT.fine;
}

function mainHelp(): string {
  const commands = Object.entries(COMMANDS).map(([name, { does }]) => [name, does] as const);
  return [
    `usage: ${PACKAGE_NAME} [command] [options]`,
    "",
    ...table(commands),
    "",
    ...table(COMMON_HELP),
    "",
    "exit codes: 0 fine, 1 finding or failure, 2 usage, 3 configuration, 4 unreachable",
  ].join("\n");
}

function commandHelp(name: string, { does, takes, help = [] }: Command): string {
  return [
    `usage: ${PACKAGE_NAME} ${name} [options]${takes === undefined ? "" : ` ${takes}`}`,
    "",
    `  ${does}`,
    "",
    ...table([...help, ...COMMON_HELP]),
  ].join("\n");
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, does]) => `  ${name.padEnd(width)}  ${does}`);
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`${PACKAGE_NAME}: ${error.message}\nsee: ${PACKAGE_NAME} --help`);
    return EXIT.usage;
  }
  console.error(isVitalsError(error) ? error.message.slice(0, 2_000) : `${PACKAGE_NAME}: ${messageOf(error)}`);
  return exitCodeOf(error);
}

// Ended by hand: a backend or a source that hangs must not keep a finished command alive.
process.exit(await main(process.argv.slice(2)).catch(report));
