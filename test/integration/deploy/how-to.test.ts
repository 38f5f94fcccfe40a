import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "../../support/command.ts";
import { ROOT } from "../../support/yaml-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vitals-how-to-"));
afterAll(() => rmSync(folder, { recursive: true }));

const pages = readdirSync(join(ROOT, "docs/how-to")).map((name) => [name, readFileSync(join(ROOT, "docs/how-to", name), "utf8")] as const);
const configurations = pages.flatMap(([name, text]) =>
  [...text.matchAll(/^```yaml\n(file_format:[\s\S]*?)^```$/gm)].map(([, yaml]) => [name, yaml as string] as const),
);

describe("the how-to guides", () => {
  it("the how-to guides contain configurations", () => {
    expect(configurations.length).toBeGreaterThan(0);
  });

  it.each(configurations)("the configuration in docs/how-to/%s is valid", async (name, yaml) => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, yaml);
    const { code, stdout } = await command(["validate", "-c", file]);
    expect([code, stdout]).toEqual([0, `${file} is valid\n`]);
  });

  it.each(pages)("links in docs/how-to/%s lead to existing files", (_, text) => {
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link as string).filter((link) => !link.includes("://"));
    expect(links.filter((link) => !readable(join(ROOT, "docs/how-to", link)))).toEqual([]);
  });
});

function readable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
