import { existsSync } from "node:fs";
import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import { startFalkordb, type Falkordb } from "../support/engines/falkordb.ts";
import { resp } from "../support/engines/resp.ts";
import { needs } from "../support/programs.ts";

const isRunning = (pid: number | undefined): boolean => existsSync(`/proc/${pid}`);

/** Number of nodes in a graph, counted by the engine. */
const nodes = async ({ command }: Falkordb): Promise<unknown> => {
  const [, rows] = (await command("GRAPH.RO_QUERY", "g", "MATCH (n) RETURN count(n)")) as [unknown, unknown];
  return rows;
};

describe("FalkorDB for tests", needs("falkordb"), () => {
  it("the engine stores a graph over a restart and ends with its scope", async () => {
    let pid: number | undefined;
    {
      await using engine = await startFalkordb();
      pid = engine.pid;
      expect(isRunning(pid)).toBe(true);
      await engine.command("GRAPH.QUERY", "g", "CREATE (:A), (:A)");
      expect(await nodes(engine)).toEqual([[2]]);
      await engine.stop();
      expect([isRunning(pid), engine.pid]).toEqual([false, undefined]);
      await expect(engine.command("PING")).rejects.toThrow("ECONNREFUSED");
      await engine.start();
      ({ pid } = engine);
      expect(await nodes(engine)).toEqual([[2]]);
    }
    expect(isRunning(pid)).toBe(false);
  });

  it("a paused engine answers after it is resumed", async () => {
    await using engine = await startFalkordb();
    engine.pause();
    const answers: unknown[] = [];
    const answer = engine.command("PING").then((pong) => answers.push(pong));
    // The other engine starts meanwhile, so that this one had the time to answer.
    await using other = await startFalkordb();
    expect([await other.command("PING"), answers]).toEqual(["PONG", []]);
    engine.resume();
    await answer;
    expect(answers).toEqual(["PONG"]);
  });

  it("the read-only user may query and may not write", async () => {
    await using engine = await startFalkordb({ password: "admin-1", aclUser: { name: "reader", password: "reader-1" } });
    await engine.command("GRAPH.QUERY", "g", "CREATE (:A)");
    const query = "MATCH (n) RETURN count(n)";
    const reader = (...command: readonly string[]) => resp(engine.port, ["AUTH", "reader", "reader-1"], command);
    expect(await reader("GRAPH.RO_QUERY", "g", query)).toEqual([["count(n)"], [[1]], expect.anything()]);
    await expect(reader("GRAPH.QUERY", "g", query)).rejects.toThrow("NOPERM");
    await expect(reader("GRAPH.DELETE", "g")).rejects.toThrow("NOPERM");
  });

  it.each([
    ["server", "none", "+PONG"],
    ["mutual", "client", "+PONG"],
    ["mutual", "none", "refused"],
    ["mutual", "stranger", "refused"],
  ] as const)("with TLS %s and the certificate %s of the client, a ping is answered with %s", async (tls, who, expected) => {
    await using engine = await startFalkordb({ tls });
    const { certificates } = engine;
    if (!certificates) throw new Error("the engine serves no TLS");
    const own = who === "none" ? {} : { cert: certificates[who].cert, key: certificates[who].key };
    expect(await pingOverTls(engine.port, certificates.ca.cert, own)).toBe(expected);
  });

  it("the certificate of the server is refused under another authority", async () => {
    await using engine = await startFalkordb({ tls: "server" });
    expect(await pingOverTls(engine.port, engine.certificates?.stranger.cert ?? "", {})).toBe("refused");
  });
});

const pingOverTls = (port: number, ca: string, own: object): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, ca, ...own });
    socket.once("error", () => resolve("refused"));
    socket.once("close", () => resolve("refused"));
    socket.once("data", (bytes) => {
      resolve(String(bytes).trim());
      socket.destroy();
    });
    socket.write("PING\r\n");
  });
