import { configError, loadConfig, type LoadedConfig, type LoadOptions } from "../config/load.ts";
import { lineOf, type Problem } from "../config/document.ts";
import type { CommonOptions } from "./usage.ts";

/**
 * The configuration of a command line; passes its warnings to `warn`.
 *
 * @throws VitalsError `config_invalid` with one line per error, `config_unreadable`
 */
export async function openConfig(options: CommonOptions, warn: (line: string) => void): Promise<LoadedConfig> {
  const { config, problems } = await load(options);
  for (const problem of problems) if (problem.severity === "warning") warn(lineOf(problem));
  if (!config) throw configError(problems);
  return config;
}

/** The configuration and all its problems. @param more what else is checked */
export function load(
  options: CommonOptions,
  more: Pick<LoadOptions, "checksTokenFile"> = {},
): Promise<{ readonly config: LoadedConfig | undefined; readonly problems: readonly Problem[] }> {
  return loadConfig({ file: options.config, set: options.set, env: process.env, cwd: process.cwd(), ...more });
}
