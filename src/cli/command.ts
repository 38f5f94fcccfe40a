import { quoted, unknownName } from "../base/suggest.ts";
import { keepAlive } from "../base/clock.ts";
import { isVitalsError, stackOf } from "../base/errors.ts";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../base/version.ts";
import { COMMANDS } from "./commands.ts";
import { useCompileCache } from "./compile-cache.ts";
import { exit } from "./exit.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { columnsOf, print } from "./output.ts";
import { EXIT, exitCodeOf, parseCommandLine, UsageError } from "./usage.ts";

// By default this signal opens a debugger's port, through which anybody on the machine can run code in the process.
process.on("SIGUSR1", () => {});
// `print` and `Log.written` report an error of a stream; as an event it would end the process.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
// Before any command is loaded.
useCompileCache();

async function main(args: readonly string[]): Promise<number> {
  const [first] = args;
  const isNamed = first !== undefined && !first.startsWith("-");
  const name = isNamed ? first : "run";
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(unknownName("command", name, Object.keys(COMMANDS)));
  const line = parseCommandLine(isNamed ? args.slice(1) : args, command.options);
  if (line.common.version) await print(PACKAGE_VERSION);
  else if (line.common.help)
    await print(isNamed ? commandHelp(name, command, columnsOf(process.stdout)) : mainHelp(columnsOf(process.stdout)));
  else if (line.positionals[0] !== undefined && command.args === undefined)
    throw new UsageError(`unexpected argument ${quoted(line.positionals[0])}; ${name} takes no arguments`);
  else return command.run(line);
  return EXIT.fine;
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
