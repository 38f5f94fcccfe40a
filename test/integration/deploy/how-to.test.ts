import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "../../support/command.ts";
import { ROOT } from "../../support/yaml-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vitals-how-to-"));
afterAll(() => rmSync(folder, { recursive: true }));

const pagesIn = (path: string): readonly (readonly [page: string, text: string])[] =>
  readdirSync(join(ROOT, path))
    .filter((name) => name.endsWith(".md"))
    .map((name) => [`${path}/${name}`, readFileSync(join(ROOT, path, name), "utf8")] as const);
const pages = [...pagesIn("docs/how-to"), ...pagesIn("docs")];
const configurations = pages.flatMap(([page, text]) =>
  [...text.matchAll(/^```yaml\n(file_format:[\s\S]*?)^```$/gm)].map(([, yaml], n) => [page, n, yaml as string] as const),
);

describe("the documentation", () => {
  it("the how-to guides contain configurations", () => {
    expect(configurations.length).toBeGreaterThan(0);
  });

  it.each(configurations)("the configuration in %s (number %i) is valid", async (page, n, yaml) => {
    const file = join(folder, `${page.replaceAll("/", "-")}-${n}.yaml`);
    writeFileSync(file, yaml);
    const { code, stdout } = await command(["validate", "-c", file]);
    expect([code, stdout]).toEqual([0, `${file} is valid\n`]);
  });

  it.each(pages)("links in %s lead to existing files", (page, text) => {
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link as string).filter((link) => !link.includes("://"));
    expect(links.filter((link) => !readable(join(ROOT, page, "..", link)))).toEqual([]);
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
