import { counted } from "../base/quantity.ts";
import { lineOf } from "../config/document.ts";
import { EXIT, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";
import { load } from "./open-config.ts";

/** Checks the configuration and prints every problem; opens no source. */
export async function validate({ common, own }: CommandLine): Promise<number> {
  const { config, problems } = await load(common, { checksTokenFile: true });
  const errors = problems.filter(({ severity }) => severity === "error").length;
  if (own["json"] === true) await print(JSON.stringify({ valid: errors === 0, problems }, undefined, 2));
  else {
    for (const problem of problems) await print(lineOf(problem));
    const name = config?.file ?? problems[0]?.file ?? "the configuration";
    const warnings = problems.length - errors;
    const counts = [...(errors > 0 ? [counted(errors, "error")] : []), ...(warnings > 0 ? [counted(warnings, "warning")] : [])].join(", ");
    await print(`${name} is ${errors === 0 ? "valid" : "invalid"}${counts === "" ? "" : `: ${counts}`}`);
  }
  return errors === 0 ? EXIT.fine : EXIT.configuration;
}
