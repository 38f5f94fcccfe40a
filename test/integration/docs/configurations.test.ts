import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "../../support/command.ts";
import { docBlocks, docPages } from "../../support/doc-blocks.ts";

const folder = mkdtempSync(join(tmpdir(), "vitals-doc-configurations-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Whole files, and those that show the section `collector` alone. */
const configurations = docPages().flatMap((page) =>
  docBlocks(page).flatMap(({ language, text }, n) => {
    if (language !== "yaml" || !/^(file_format|collector):/.test(text)) return [];
    return [[page, n, text.startsWith("collector:") ? `file_format: "1.0"\n${text}` : text] as const];
  }),
);

/** What a page leaves to its reader is in the environment. */
const env = { MEMORY_FILE_PATH: "memory.jsonl", DEPLOYMENT: "test" };

describe("configurations in the documentation", () => {
  it("the documentation contains configurations", () => expect(configurations.length).toBeGreaterThan(8));

  it.each(configurations)("the configuration in %s (block %i) is valid", async (page, n, yaml) => {
    const file = join(folder, `${page.replaceAll("/", "-")}-${n}.yaml`);
    writeFileSync(file, yaml);
    expect(await command(["validate", "-c", file], { env })).toMatchObject({ code: 0, stdout: `${file} is valid\n` });
  });
});
