/** Bundles `src/page` into `page/`, which the collector serves, with the runbooks. With --check also reports whether the page is small enough. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { PAGE_FOLDER } from "../src/http/page.ts";

const SOURCE = new URL("../src/page/", import.meta.url).pathname;
const DOCS = new URL("../docs/", import.meta.url).pathname;
const RUNBOOKS = join(DOCS, "runbooks");

/** Maximum size of all served files, each gzipped separately as it is sent. The memory map and the index of collections need 9 000. */
const MAX_GZIPPED_BYTES = 70_000;

/** Files without which the page does not work. */
const NEEDED = [/^index\.html$/, /^main-\w+\.js$/, /^page-\w+\.css$/, /^icon-critical\.svg$/, /^runbook-VitalsBreakerOpen\.html$/];

/** @returns false if the development dependencies that it needs are not installed */
export async function buildPage(folder: string = PAGE_FOLDER): Promise<boolean> {
  const esbuild = await import("esbuild").catch(() => undefined);
  const marked = await import("marked").catch(() => undefined);
  if (!esbuild || !marked) return false;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile } = await esbuild.build({
    entryPoints: [join(SOURCE, "main.ts"), join(SOURCE, "page.css")],
    outdir: folder,
    entryNames: "[name]-[hash]",
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const built = Object.keys(metafile.outputs).map((file) => basename(file));
  const named = (start: string): string => built.find((name) => name.startsWith(start)) as string;
  const index = readFileSync(join(SOURCE, "index.html"), "utf8");
  writeFileSync(join(folder, "index.html"), index.replaceAll("page.css", named("page-")).replaceAll("main.js", named("main-")));
  for (const icon of readdirSync(join(SOURCE, "icons"))) copyFileSync(join(SOURCE, "icons", icon), join(folder, icon));
  copyFileSync(join(SOURCE, "runbook.css"), join(folder, "runbook.css"));
  const template = readFileSync(join(SOURCE, "runbook.html"), "utf8");
  for (const file of [join(DOCS, "components.md"), ...readdirSync(RUNBOOKS).map((runbook) => join(RUNBOOKS, runbook))]) {
    const name = basename(file, ".md");
    const html = marked.parse(readFileSync(file, "utf8"), { async: false });
    // They link to runbooks, and to other pages of the documentation, which the collector does not serve.
    const linked = html.replaceAll(
      /<a href="(?:(?:runbooks\/)?(Vitals[A-Za-z]+)\.md|[^"]*)">(.*?)<\/a>/g,
      (_, to?: string, text?: string) => (to === undefined ? String(text) : `<a href="${to}">${text}</a>`),
    );
    writeFileSync(
      join(folder, `runbook-${name}.html`),
      template.replace("{title}", name).replace("{runbook}", () => linked),
    );
  }
  return true;
}

function check(folder: string): readonly string[] {
  const names = readdirSync(folder);
  const ofPage = names.filter((name) => !name.startsWith("runbook"));
  const missing = NEEDED.filter((pattern) => !names.some((name) => pattern.test(name)));
  if (missing.length > 0) return missing.map((pattern) => `no file fits ${pattern.source}`);
  const sizes = ofPage.map((name) => ({ name, bytes: gzipSync(readFileSync(join(folder, name)), { level: 9 }).length }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes } of sizes) console.log(`${String(bytes).padStart(7)}  ${name}`);
  console.log(`${String(total).padStart(7)}  bytes gzipped in all; ${MAX_GZIPPED_BYTES} are allowed`);
  return total > MAX_GZIPPED_BYTES ? [`the page has ${total} bytes gzipped, more than ${MAX_GZIPPED_BYTES}`] : [];
}

if (import.meta.main) {
  const isBuilt = await buildPage();
  const wrong = isBuilt && process.argv.includes("--check") ? check(PAGE_FOLDER) : [];
  for (const line of wrong) console.error(line);
  // Without development dependencies the collector runs without a page, and / responds with a message about it.
  if (!isBuilt) console.error("the page was not built: its development dependencies are not installed (npm ci without --omit=dev)");
  if (wrong.length > 0 || (!isBuilt && process.argv.includes("--check"))) process.exitCode = 1;
}
