import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Installed once for a machine and shared by its checkouts: outside the checkout, because downloads take minutes. */
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "otel-vitals-tests");

/** Exact versions of the Python packages that write to the engines. */
export const WRITER_REQUIREMENTS = fileURLToPath(new URL("./writers/requirements.txt", import.meta.url));

/** Exact versions of the frameworks that the examples in `examples/embed` run in. */
export const FRAMEWORKS_LOCK = fileURLToPath(new URL("../frameworks/package-lock.json", import.meta.url));

const hashOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12);

/** What `npm run setup` downloads, with its version. A changed version installs beside the old one. */
const VERSIONS = {
  falkordb: "1.4.1",
  neo4j: "5.26.30",
  "neo4j-newest": "2026.08.1",
  writers: hashOf(WRITER_REQUIREMENTS),
  frameworks: hashOf(FRAMEWORKS_LOCK),
} as const;
export type Download = keyof typeof VERSIONS;

/** The version of what is downloaded; of the writers and the frameworks, a hash of the file that lists them. */
export const versionOf = (name: Download): string => VERSIONS[name];

/** Folder of a complete install. It comes into being by renaming, so that it exists only if everything is in it. */
export const folderOf = (name: Download): string => join(CACHE, `${name}-${versionOf(name)}`);

export const isDownloaded = (name: Download): boolean => existsSync(folderOf(name));
