import type { ParseArgsConfig } from "node:util";
import type { CommandLine, ExitCode } from "./usage.ts";

/** A command of the program. */
export interface Command {
  /** What it does, in one sentence without its subject. */
  readonly summary: string;
  /** Its arguments, for the help; absent for none. */
  readonly args?: string;
  readonly options?: NonNullable<ParseArgsConfig["options"]>;
  /** Help for the options above. */
  readonly help?: readonly (readonly [option: string, meaning: string])[];
  /** Command lines as a person types them, without the name of the program, and what they are for. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** What its exit codes mean; those that mean the same for every command are left out. */
  readonly exits: Readonly<Partial<Record<ExitCode, string>>>;
  run(line: CommandLine): Promise<number>;
}

const UNREACHABLE = "no collector responds there";

/** Each command is loaded on demand: the dependencies of one must not slow down the start of another. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    summary:
      "collect until SIGINT or SIGTERM (the default command); SIGHUP reloads the configuration, or ends where a terminal is attached",
    options: { watch: { type: "boolean" } },
    help: [["--watch", "reload the configuration file when it changes"]],
    examples: [
      ["run", "with the file of this folder, or this machine with the built-in defaults"],
      ["run -c otel-config.yaml --watch --listen 127.0.0.1:9500", "with a file that is reloaded when it changes, on another port"],
    ],
    exits: { 0: "ended by a signal, or the configuration has disabled: true", 1: "not started, such as where the address is in use" },
    run: async (line) => (await import("./run.ts")).run(line),
  },
  validate: {
    summary: "check the configuration and list all problems; opens no source",
    options: { json: { type: "boolean" } },
    help: [["--json", "print the problems as JSON"]],
    examples: [
      ["validate", "the file that run would use"],
      ["validate -c otel-config.yaml --json", "for a program"],
    ],
    exits: { 0: "valid, with or without warnings" },
    run: async (line) => (await import("./validate.ts")).validate(line),
  },
  check: {
    summary: "say what each source finds, take one sample of each collection and send one request to each exporter and sink",
    examples: [["check -c otel-config.yaml", "before a configuration is put to use"]],
    exits: { 0: "everything responds, or waits for its first write", 1: "a collection, an exporter or a sink failed" },
    run: async (line) => (await import("./check.ts")).check(line),
  },
  once: {
    summary: "take one sample of each collection and print it",
    options: { format: { type: "string" } },
    help: [["--format json|prom|table", "output format; default table"]],
    examples: [
      ["once", "a table for people"],
      ["once --format json -c otel-config.yaml", "for a program, with base units"],
    ],
    exits: { 0: "each collection has a sample, or waits for its first write", 1: "a collection failed" },
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
        "exit with 1 if a number is larger or not measured, such as orphans=10, duplicate-share=5%, newest=2d; repeatable",
      ],
      ["--min NAME=NUMBER", "exit with 1 if a number is smaller or not measured, such as memories=1; repeatable"],
      ["--timeout TIME", "maximum time for each reading; default 60s"],
      ["--json", "print the audit as JSON"],
    ],
    examples: [
      ["audit ./memory.jsonl", "the file of an MCP memory server"],
      ["audit redis://127.0.0.1:6379 --max duplicate-share=5% --min memories=1", "a store, with limits for a build"],
    ],
    exits: { 0: "read, and within the limits", 1: "a limit is not kept", 4: "a memory could not be read" },
    run: async (line) => (await import("./audit.ts")).audit(line),
  },
  health: {
    summary: "query the health of a running collector",
    options: { wait: { type: "string" }, "fail-on": { type: "string" } },
    help: [
      ["--wait TIME", "retry until the status is better than --fail-on, for at most this long, such as 30s"],
      ["--fail-on STATUS", "exit with 1 at this status or worse: degraded, unhealthy or critical; default unhealthy"],
    ],
    examples: [
      ["health", "the collector of this folder's configuration"],
      ["health --wait 30s --fail-on degraded --listen 127.0.0.1:9500", "in a script, until everything is healthy"],
    ],
    exits: { 0: "better than --fail-on", 1: "at --fail-on or worse, or the token is refused", 4: UNREACHABLE },
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
    examples: [
      ["top", "the collector of this folder's configuration, until q"],
      ["top http://127.0.0.1:9500 --once", "the present state of another one"],
    ],
    exits: { 0: "displayed", 1: "the token is refused", 4: UNREACHABLE },
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
    examples: [
      ["support", "the collector of this folder's configuration"],
      ["support http://127.0.0.1:9500 --out report.tar.gz", "another one, in a file of this name"],
    ],
    exits: { 0: "written, also where no collector responds", 1: "the archive exists already, or cannot be written" },
    run: async (line) => (await import("./support/support.ts")).support(line),
  },
  dashboards: {
    summary: "write Grafana dashboards and Prometheus rules for the configured collections",
    options: { out: { type: "string" }, "all-types": { type: "boolean" }, job: { type: "string" }, runbooks: { type: "string" } },
    help: [
      ["--out DIR", "output directory; default grafana"],
      ["--all-types", "also write dashboards for built-in sample types that no collection uses"],
      ["--job NAME", "job label of the Prometheus scrape; default: the service name"],
      ["--runbooks URL", "links to runbooks, {alert} is the name; default: server.external_url/runbooks/{alert}"],
    ],
    examples: [["dashboards -c otel-config.yaml --out grafana --job otel-vitals", "for the scrape job otel-vitals"]],
    exits: { 0: "written", 3: "invalid or unreadable configuration, or a file cannot be written" },
    run: async (line) => (await import("./dashboards.ts")).dashboards(line),
  },
  init: {
    summary: "write a commented starter configuration; never overwrites a file",
    options: { for: { type: "string" }, store: { type: "string" } },
    help: [
      [
        "--for SITUATION",
        "what is monitored: machine (default), mcp-memory (an MCP memory server's file), node-service, json (any HTTP endpoint that returns JSON), falkordb or neo4j (an agent's memory in this store)",
      ],
      ["--store falkordb|neo4j", "the same as --for falkordb and --for neo4j"],
    ],
    examples: [
      ["init", "this machine, in otel-config.yaml"],
      ["init --for mcp-memory -c memory.yaml", "an agent's memory in the file of an MCP memory server"],
    ],
    exits: { 0: "written", 3: "the file exists already, or cannot be written" },
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
    examples: [
      ["test rules-test.yaml -c otel-config.yaml", "the series of a file"],
      ["test --replay http://127.0.0.1:9464 --since 30m -c otel-config.yaml", "what a changed threshold would have done"],
    ],
    exits: {
      0: "every test passed, or the replay was printed",
      1: "a test failed, or --fail-on-difference found one",
      3: "invalid configuration or test file",
      4: "the state cannot be read, or no collector responds there",
    },
    run: async (line) => (await import("./test.ts")).test(line),
  },
};
