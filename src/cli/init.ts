import { writeFile } from "node:fs/promises";
import { DEFAULT_FILE } from "../config/load.ts";
import { VitalsError } from "../base/errors.ts";
import { STARTER_NAMES, starterOf, STORE_NAMES } from "./starters.ts";
import { EXIT, oneOf, UsageError, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";

/** Writes a commented starter configuration, of the situation that is named; never overwrites a file. */
export async function init({ common, own }: CommandLine): Promise<number> {
  const store = oneOf("--store", own["store"], STORE_NAMES);
  const situation = oneOf("--for", own["for"], STARTER_NAMES);
  if (store !== undefined && situation !== undefined) throw new UsageError("--store and --for: expected one of them");
  const text = starterOf(situation ?? store);
  const path = common.config ?? DEFAULT_FILE;
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new VitalsError(
      "config_unreadable",
      code === "EEXIST" ? `${path} exists already and was not changed; choose another name with -c` : `${path} cannot be written: ${code}`,
      { cause: error },
    );
  }
  const next = !text.includes("EDIT THIS")
    ? "check it with: otel-vitals validate"
    : "edit what it marks with EDIT THIS, then: otel-vitals check";
  await print(`wrote ${path}; ${next} -c ${path}`);
  return EXIT.fine;
}
