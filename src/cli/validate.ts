import { lineOf } from "../config/document.ts";
import { EXIT, type CommandLine } from "./usage.ts";
import { load } from "./open-config.ts";

/** Checks the whole file without opening anything, and lists every problem. */
export async function validate({ common, own }: CommandLine): Promise<number> {
  const { config, problems } = await load(common);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  if (own["json"] === true) console.log(JSON.stringify({ valid: errors === 0, problems }, undefined, 2));
  else {
    for (const problem of problems) console.log(lineOf(problem));
    const name = config?.file ?? common.config ?? "the configuration";
    console.log(
      errors === 0
        ? `${name} is valid${problems.length > 0 ? `, with ${problems.length} warnings` : ""}`
        : `${errors} problem${errors === 1 ? "" : "s"}`,
    );
  }
  return errors === 0 ? EXIT.fine : EXIT.configuration;
}
