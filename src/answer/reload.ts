import * as z from "zod";
import { reconfigurationReport } from "./reconfiguration.ts";
import { count, listOf, maybe } from "./shape.ts";

export const configurationProblem = z
  .object({
    severity: z.enum(["error", "warning"]).describe("An error makes the configuration unusable; a warning does not."),
    file: maybe(z.string()).describe("Path of the file; absent for a value that comes from the command line."),
    line: maybe(count).describe("Line in the file, from 1."),
    column: maybe(count).describe("Column in the line, from 1."),
    option: maybe(z.string()).describe("The option of the command line that set the value, such as `--set`."),
    path: z.string().describe("Dotted path of the setting; empty for the whole configuration."),
    message: z.string().describe("What was expected and what was found. Never contains a secret."),
  })
  .describe("A problem of a configuration.");
/** A problem of a configuration, as `otel-vitals validate --json` prints it. */
export type ConfigurationProblem = Readonly<z.output<typeof configurationProblem>>;

export const reloadAnswer = reconfigurationReport
  .extend({ warnings: maybe(listOf(configurationProblem)).describe("What is suspicious in the new configuration; absent if nothing is.") })
  .describe("What a reload has changed. Paths of settings are those of the configuration.");
/** Response of `POST /api/v1/reload`: what a reload has changed. */
export type ReloadAnswer = Readonly<z.output<typeof reloadAnswer>>;

/** Why a reload has changed nothing. */
export interface InvalidConfiguration {
  /** Everything that is wrong, and what is suspicious; at least one error. */
  readonly problems: readonly ConfigurationProblem[];
}
