/** Bundles the command, with everything it needs but the clients of stores, into one folder of a few files. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { thirdPartyNotices } from "./third-party.ts";

const ROOT = new URL("..", import.meta.url).pathname;

/** Programs of their own. The threads' files lie beside the code that starts them, as in `src`. */
const ENTRIES = ["cli/main.ts", "cli/liveness.ts", "source/mcp-memory/worker.ts", "source/graph-store/topology-worker.ts"];

/** Installed beside the package by those who read a store. */
const STORE_CLIENTS = ["neo4j-driver", "redis"];

/** Dependencies that are CommonJS call `require` for what belongs to Node. */
const REQUIRE = 'import { createRequire as vitalsRequire } from "node:module"; const require = vitalsRequire(import.meta.url);';

/**
 * Bundles the command into `folder`, which has to lie two folders below the package: from there it finds `package.json` and the page.
 *
 * Names stay as they are and lines are kept: a stack names functions and places that can be found in the sources, without a source map.
 */
export async function buildCommand(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES.map((entry) => join("src", entry)),
    outdir: folder,
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.15",
    external: STORE_CLIENTS,
    legalComments: "none",
    charset: "utf8",
    metafile: true,
    logLevel: "warning",
  });
  for (const output of Object.keys(metafile.outputs)) addRequire(join(ROOT, output));
  chmodSync(join(folder, "main.js"), 0o755);
  writeFileSync(join(folder, "THIRD-PARTY.txt"), thirdPartyNotices(Object.keys(metafile.inputs)));
}

/** Gives `require` to the file with esbuild's stand-in for it. */
function addRequire(file: string): void {
  const text = readFileSync(file, "utf8");
  if (text.includes("typeof require")) writeFileSync(file, `${REQUIRE}\n${text}`);
}
