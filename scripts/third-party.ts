/** The notices that the licences of bundled packages require. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = new URL("..", import.meta.url).pathname;

/** Licences under which a package may be part of the bundle; each only requires its text. */
const ALLOWED: ReadonlySet<string> = new Set(["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD"]);

/**
 * Name, version, licence and notice of each package that files are taken from.
 *
 * @param inputs paths of bundled files, relative to the repository
 * @throws Error for a package whose licence is not known to allow it, or that has no text of its licence
 */
export function thirdPartyNotices(inputs: readonly string[]): string {
  const folders = [...new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []))].toSorted();
  const notices = folders.map(noticeOf);
  return `The command otel-vitals contains code of these packages.\n\n${[...new Set(notices)].join("\n")}`;
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as Record<string, string>;
  if (!ALLOWED.has(license ?? "")) throw new Error(`${name}: the licence ${license} is not among ${[...ALLOWED].join(", ")}`);
  const texts = readdirSync(join(ROOT, folder))
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .toSorted()
    .map((file) => readFileSync(join(ROOT, folder, file), "utf8").trim());
  if (texts.length === 0) throw new Error(`${name}: no text of its licence was found in ${folder}`);
  return `${"=".repeat(80)}\n${name} ${version} (${license})\n\n${texts.join("\n\n")}\n`;
}
