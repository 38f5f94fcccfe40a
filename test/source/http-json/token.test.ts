import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Logger } from "../../../src/base/logger.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { graphService } from "../../../src/sample/types/graph-service.ts";
import { httpJson } from "../../../src/source/http-json/http-json.ts";
import type { Reading, Source } from "../../../src/source/source.ts";
import { serveHttp } from "../../support/http-server.ts";
import { makeSource } from "../../support/source.ts";

const types = new Map([["graph-service", graphService]]);
let folder: string;
let logged: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vitals-token-"));
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function sourceOf(url: string): Source {
  const logger: Logger = { debug: () => {}, info: () => {}, warn: (message) => void logged.push(message), error: () => {} };
  const options = { url, token_file: "token", readings: { "graph-service": { activeNodes: "/n" } } };
  return makeSource(httpJson, options, { name: "s", baseDir: folder, clock: new ManualClock(), types, logger });
}

/** Reads once after each change of the folder. @returns the tokens that the endpoint received */
async function tokensAfter(...changes: readonly (() => void)[]): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  await using server = await serveHttp(({ headers }, response) => (seen.push(headers.authorization), response.end('{"n": 1}')));
  const source = sourceOf(server.url);
  const reading = source.readings.get("graph-service") as Reading<unknown>;
  for (const change of changes) {
    change();
    await source.read(reading, new AbortController().signal);
  }
  await source.close();
  return seen;
}

const write = (text: string, name = "token"): void => writeFileSync(join(folder, name), text);

describe("token_file of http-json", () => {
  it("http-json sends the token that a rewritten file contains", async () =>
    expect(
      await tokensAfter(
        () => write("first\n"),
        () => write("other\n"),
      ),
    ).toEqual(["Bearer first", "Bearer other"]));

  it("http-json sends the token of a projected volume, whose links are switched", async () => {
    const project = (version: string): void => {
      mkdirSync(join(folder, version));
      write(version, join(version, "token"));
      symlinkSync(version, join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    const first = (): void => {
      project("first");
      symlinkSync(join("..data", "token"), join(folder, "token"));
    };
    expect(await tokensAfter(first, () => project("second"))).toEqual(["Bearer first", "Bearer second"]);
  });

  it.each([
    ["is removed", () => rmSync(join(folder, "token")), /cannot be read: ENOENT; the previous token remains in use$/],
    ["is empty", () => write(""), /expected a token, found an empty file; the previous token remains in use$/],
    ["contains two lines", () => write("a\nb"), /found text \(hidden\); the previous token remains in use$/],
  ])("http-json sends the previous token while the file %s, and logs it once", async (_, damage, message) => {
    const nothing = (): void => {};
    expect(
      await tokensAfter(
        () => write("first"),
        damage,
        nothing,
        () => write("second"),
      ),
    ).toEqual(["Bearer first", "Bearer first", "Bearer first", "Bearer second"]);
    expect(logged).toEqual([expect.stringMatching(message)]);
  });

  it("http-json refuses a FIFO without waiting for its writer", async () => {
    execFileSync("mkfifo", [join(folder, "token")]);
    await expect(tokensAfter(() => {})).rejects.toMatchObject({
      code: "source_failed",
      message: 'token_file "token": is a named pipe; expected a regular file',
    });
  });
});
