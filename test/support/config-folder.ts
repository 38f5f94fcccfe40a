import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { lineOf } from "../../src/config/document.ts";
import { loadConfig, type LoadOptions, type LoadResult } from "../../src/config/load.ts";

type Options = Partial<Omit<LoadOptions, "cwd">>;

/** A folder for each test of a file, in which it loads configurations. */
export function configFolder() {
  let cwd = "";
  beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-config-"))));
  afterEach(() => rmSync(cwd, { recursive: true }));
  const load = (text: string, options: Options = {}): Promise<LoadResult> => {
    writeFileSync(join(cwd, "otel-config.yaml"), text);
    return loadConfig({ env: {}, ...options, cwd });
  };
  return {
    path: (name: string): string => join(cwd, name),
    load,
    /** Every problem as a line, without the name of the file. */
    problems: async (text: string, options: Options = {}): Promise<readonly string[]> => {
      const result = await load(text, options);
      const lines = result.problems.map(lineOf);
      expect(result.config === undefined).toBe(result.problems.some(({ severity }) => severity === "error"));
      return lines.map((line) => line.replace(/^otel-config\.yaml:/, ""));
    },
  };
}
