import type { ParseArgsConfig } from "node:util";
import { quoted, unknownName } from "../base/suggest.ts";
import { keepAlive } from "../base/clock.ts";
import { isVitalsError, stackOf } from "../base/errors.ts";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../base/version.ts";
import { useCompileCache } from "./compile-cache.ts";
import { exit } from "./exit.ts";
import { print } from "./output.ts";
import { EXIT, exitCodeOf, parseCommandLine, UsageError, type CommandLine } from "./usage.ts";

// By default this signal opens a debugger's port, through which anybody on the machine can run code in the process.
process.on("SIGUSR1", () => {});
// `print` and `Log.written` report an error of a stream; as an event it would end the process.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
// Before any command is loaded.
useCompileCache();

interface Command {
  readonly summary: string;
  /** Its arguments, for the help; absent for none. */
  readonly args?: string;
  readonly options?: NonNullable<ParseArgsConfig["options"]>;
  /** Help for the options above. */
  readonly help?: readonly (readonly [option: string, meaning: string])[];
  run(line: CommandLine): Promise<number>;
}

/** Each command is loaded on demand: the dependencies of one must not slow down the start of another. */
const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    summary:
      "collect until SIGINT or SIGTERM (the default command); SIGHUP reloads the configuration, or ends where a terminal is attached",
    options: { watch: { type: "boolean" } },
    help: [["--watch", "reload the configuration file when it changes"]],
    run: async (line) => (await import("./run.ts")).run(line),
  },
  validate: {
    summary: "check the configuration and list all problems; opens no source",
    options: { json: { type: "boolean" } },
    help: [["--json", "print the problems as JSON"]],
    run: async (line) => (await import("./validate.ts")).validate(line),
  },
  check: {
    summary: "say what each source finds, take one sample of each collection and send one request to each exporter and sink",
    run: async (line) => (await import("./check.ts")).check(line),
  },
  once: {
    summary: "take one sample of each collection and print it",
    options: { format: { type: "string" } },
    help: [["--format json|prom|table", "output format; default table"]],
    run: async (line) => (await import("./once.ts")).once(line),
  },
  audit: {
    summary: "read a memory once and print what it holds and what may be wrong with it",
    args: "[FILE | URL | SOURCE]...",
    options: {
      max: { type: "string", multiple: true },
      min: { type: "string", multiple: true },
      timeout: { type: "string" },
      json: { type: "boolean" },
    },
    help: [
      [
        "--max NAME=NUMBER",
        "exit with 1 if a number is larger or not measurable, such as orphans=10, duplicate-share=5%, newest=2d; repeatable",
      ],
      ["--min NAME=NUMBER", "exit with 1 if a number is smaller or not measurable, such as memories=1; repeatable"],
      ["--timeout TIME", "maximum time for each reading; default 60s"],
      ["--json", "print the audit as JSON"],
    ],
    run: async (line) => (await import("./audit.ts")).audit(line),
  },
  health: {
    summary: "query the health of a running collector",
    options: { wait: { type: "string" }, "fail-on": { type: "string" } },
    help: [
      ["--wait TIME", "retry until the status is better than --fail-on, for at most this long, such as 30s"],
      ["--fail-on STATUS", "exit with 1 at this status or worse: degraded, unhealthy or critical; default unhealthy"],
    ],
    run: async (line) => (await import("./health.ts")).health(line),
  },
  top: {
    summary: "display a running collector in the terminal; once, if that is none",
    args: "[URL]",
    options: { once: { type: "boolean" } },
    help: [
      ["URL", "address of the collector, such as http://127.0.0.1:9464; default: the server of the configuration"],
      ["--once", "print the present state and exit"],
    ],
    run: async (line) => (await import("./top/top.ts")).top(line),
  },
  support: {
    summary: "write an archive for a bug report, without secrets; print what is in it",
    args: "[URL]",
    options: { out: { type: "string" } },
    help: [
      ["URL", "address of the collector; default: the server of the configuration"],
      ["--out FILE", "the archive; default otel-vitals-support-TIME.tar.gz. An existing file is not overwritten"],
    ],
    run: async (line) => (await import("./support/support.ts")).support(line),
  },
  dashboards: {
    summary: "write Grafana dashboards and Prometheus rules for the configured collections",
    options: { out: { type: "string" }, "all-types": { type: "boolean" }, job: { type: "string" }, runbooks: { type: "string" } },
    help: [
      ["--out DIR", "output directory; default grafana"],
      ["--all-types", "also write dashboards for built-in sample types that no collection uses"],
      ["--job NAME", "job label of the Prometheus scrape; default: the service name"],
      ["--runbooks URL", "base URL of the runbook links; default docs/runbooks/"],
    ],
    run: async (line) => (await import("./dashboards.ts")).dashboards(line),
  },
  init: {
    summary: "write a commented starter configuration; never overwrites a file",
    options: { store: { type: "string" } },
    help: [["--store falkordb|neo4j", "a configuration that reads an agent's memory in this store; default: this machine"]],
    run: async (line) => (await import("./init.ts")).init(line),
  },
  test: {
    summary: "run the health rules against the series in test files, or against the samples that a collector retained",
    args: "FILE...",
    options: {
      json: { type: "boolean" },
      replay: { type: "string" },
      since: { type: "string" },
      "fail-on-difference": { type: "boolean" },
    },
    help: [
      ["--json", "print the results as JSON"],
      [
        "--replay DIR|URL",
        "instead of files: the state directory of a collector, or the URL of one; shows what would have fired beside what did",
      ],
      ["--since TIME", "how much of what is retained is shown, such as 30m; default 1h"],
      ["--fail-on-difference", "exit with 1 if what would have fired and resolved differs from what did"],
    ],
    run: async (line) => (await import("./test.ts")).test(line),
  },
};

const COMMON_HELP = [
  ["-c, --config FILE", "configuration file; default: OTEL_CONFIG_FILE, then ./otel-config.yaml, then built-in defaults"],
  ["--set path=value", "override a setting; repeatable"],
  ["--listen HOST:PORT", "address of the server; port 0 picks a free port"],
  ["--log-level LEVEL", "debug, info, warn or error; default info"],
  ["--log-format FORMAT", "text or json; default text on a terminal, json elsewhere"],
  ["-h, --help", "print this help"],
  ["-v, --version", "print the version"],
] as const;

async function main(args: readonly string[]): Promise<number> {
  const [first] = args;
  const isNamed = first !== undefined && !first.startsWith("-");
  const name = isNamed ? first : "run";
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(unknownName("command", name, Object.keys(COMMANDS)));
  const line = parseCommandLine(isNamed ? args.slice(1) : args, command.options);
  if (line.common.version) await print(PACKAGE_VERSION);
  else if (line.common.help) await print(isNamed ? commandHelp(name, command) : mainHelp());
  else if (line.positionals[0] !== undefined && command.args === undefined)
    throw new UsageError(`unexpected argument ${quoted(line.positionals[0])}; ${name} takes no arguments`);
  else return command.run(line);
  return EXIT.fine;
}

function mainHelp(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  return [
    `usage: ${PACKAGE_NAME} [command] [options]`,
    "",
    ...table(commands),
    "",
    ...table(COMMON_HELP),
    "",
    `Run "${PACKAGE_NAME} COMMAND --help" for the options of a command.`,
    "Exit codes: 0 success, 1 finding or failure, 2 usage error, 3 configuration error, 4 unreachable.",
  ].join("\n");
}

function commandHelp(name: string, { summary, args, help = [] }: Command): string {
  return [
    `usage: ${PACKAGE_NAME} ${name} [options]${args === undefined ? "" : ` ${args}`}`,
    "",
    `  ${summary}`,
    "",
    ...table([...help, ...COMMON_HELP]),
  ].join("\n");
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`${PACKAGE_NAME}: ${error.message}\nRun "${PACKAGE_NAME} --help" for usage.`);
    return EXIT.usage;
  }
  console.error(isVitalsError(error) ? error.message.slice(0, 2_000) : `${PACKAGE_NAME}: unexpected error: ${stackOf(error)}`);
  return exitCodeOf(error);
}

// Exit explicitly: a backend or a source that hangs must not keep a finished command alive, nor end one that waits for it.
exit(await keepAlive(main(process.argv.slice(2))).catch(report));
