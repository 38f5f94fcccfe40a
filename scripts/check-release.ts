/**
 * Checks what is to be published: that npm would accept the built package, what is in it, and that the changelog has a section for its version.
 * With --final also that no change is unreleased.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const ROOT = new URL("..", import.meta.url).pathname;

/** Files without which the package does not work, or its README leads nowhere. */
const NEEDED = [
  "dist/index.js",
  "dist/index.d.ts",
  "dist/cli/main.js",
  "dist/cli/THIRD-PARTY.txt",
  "page/index.html",
  "docs/configuration.md",
];

/** What has no place in the package. */
const UNWANTED = /(^|\/)(\.env|node_modules|test)(\/|$)|\.tsbuildinfo$|\.tgz$/;

/** What is wrong with the changelog. */
function changelogProblems(version: string, isFinal: boolean): readonly string[] {
  const sections = readFileSync(`${ROOT}CHANGELOG.md`, "utf8").split(/^## /m).slice(1);
  const bodyOf = (name: string): string | undefined =>
    sections
      .find((each) => each.startsWith(`[${name}]`))
      ?.split("\n")
      .slice(1)
      .join("\n")
      .trim();
  const unreleased = bodyOf("Unreleased");
  return [
    ...(unreleased === undefined ? ["CHANGELOG.md has no section [Unreleased]"] : []),
    ...(bodyOf(version) ? [] : [`CHANGELOG.md has no section [${version}], which package.json names`]),
    ...(isFinal && unreleased ? [`CHANGELOG.md has unreleased changes; move them under [${version}]`] : []),
  ];
}

/** What is wrong with the package that npm would publish. */
function packageProblems(): readonly string[] {
  const { status, stdout, stderr } = spawnSync("npm", ["publish", "--dry-run", "--ignore-scripts", "--json"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (status !== 0) return [`npm publish --dry-run failed: ${stderr.trim().slice(0, 500)}`];
  const paths = [...stdout.matchAll(/"path": "([^"]+)"/g)].map(([, path = ""]) => path);
  console.log(`${paths.length} files would be published`);
  return [
    ...NEEDED.filter((file) => !paths.includes(file)).map((file) => `the package lacks ${file}`),
    ...paths.filter((path) => UNWANTED.test(path)).map((path) => `the package contains ${path}`),
  ];
}

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { readonly version: string };
const problems = [...changelogProblems(version, process.argv.includes("--final")), ...packageProblems()];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
