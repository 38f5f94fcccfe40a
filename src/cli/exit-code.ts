import { isVitalsError } from "../errors.ts";

/** What the command's exit says to a script. */
export const EXIT = { fine: 0, failure: 1, usage: 2, configuration: 3, unreachable: 4 } as const;

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (!isVitalsError(error)) return EXIT.failure;
  if (error.code === "config_invalid" || error.code === "config_unreadable") return EXIT.configuration;
  return error.code === "source_unreachable" ? EXIT.unreachable : EXIT.failure;
}
