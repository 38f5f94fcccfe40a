import { writeFile } from "node:fs/promises";
import { DEFAULT_FILE } from "../config/load.ts";
import { VitalsError } from "../base/errors.ts";
import { STORE_NAMES, starterOf } from "./starters.ts";
import { EXIT, oneOf, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";

/** Writes a commented starter configuration, of this machine or of a store; never overwrites a file. */
export async function init({ common, own }: CommandLine): Promise<number> {
  const store = oneOf("--store", own["store"], STORE_NAMES);
  const path = common.config ?? DEFAULT_FILE;
  try {
    await writeFile(path, starterOf(store), { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new VitalsError(
      "config_unreadable",
      code === "EEXIST" ? `${path} exists already and was not changed; choose another name with -c` : `${path} cannot be written: ${code}`,
      { cause: error },
    );
  }
  const next = store === undefined ? "check it with: otel-vitals validate" : "edit what it marks with EDIT THIS, then: otel-vitals check";
  await print(`wrote ${path}; ${next} -c ${path}`);
  return EXIT.fine;
}
