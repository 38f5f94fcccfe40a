import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../src/base/errors.ts";
import { serverToken } from "../../src/config/server-token.ts";
import { configFolder } from "../support/config-folder.ts";

const { load, problems, path } = configFolder();

const TEXT =
  'file_format: "1.0"\ncollector:\n  server: { token_file: token }\n  sources: { h: { kind: host } }\n  collections: { h: { source: h } }\n';

describe("the file of a token", () => {
  it.each([
    ["s3cret", "s3cret"],
    ["s3cret\n", "s3cret"],
    ["s3cret\r\n", "s3cret"],
    ["a # b", "a # b"],
    ["größe\n", "größe"],
  ])("serverToken reads the token of the file %j", async (content, token) => {
    writeFileSync(path("token"), content);
    const { config, problems: found } = await load(TEXT, { checksTokenFile: true });
    expect(found).toEqual([]);
    expect(await serverToken(config as NonNullable<typeof config>)).toBe(token);
  });

  const TOKEN = "expected a token: printable text on one line, without a blank at its start or end";

  it.each([
    ["nothing", "", `${TOKEN}; found an empty file`],
    ["an empty line", "\n", `${TOKEN}; found an empty file`],
    ["two lines", "hunter2\nhunter2\n", `${TOKEN}; found several lines (hidden)`],
    ["an empty line at its end", "hunter2\n\n", `${TOKEN}; found several lines (hidden)`],
    ["a carriage return inside", "hunter2\rhunter2", `${TOKEN}; found several lines (hidden)`],
    ["a blank first", " hunter2", `${TOKEN}; found text (hidden)`],
    ["a tab last", "hunter2\t\n", `${TOKEN}; found text (hidden)`],
    ["a NUL", "hunter2\u0000", `${TOKEN}; found text (hidden)`],
    ["a mebibyte", "hunter2".repeat(150_000), /expected a file of at most 16(\.0)? KiB, found 1(\.0)? MiB$/],
  ])("a file of a token with %s is refused by validate and by run in the same words, without it", async (_, content, expected) => {
    writeFileSync(path("token"), content);
    const [line = "", ...more] = await problems(TEXT, { checksTokenFile: true });
    expect(more).toEqual([]);
    expect(line).toMatch(/^3:25 collector\.server\.token_file: /);
    expect(line).not.toContain("hunter2");
    if (typeof expected === "string") expect(line).toBe(`3:25 collector.server.token_file: ${expected}`);
    else expect(line).toMatch(expected);
    const { config } = await load(TEXT);
    const error: unknown = await serverToken(config as NonNullable<typeof config>).catch((thrown: unknown) => thrown);
    expect(isVitalsError(error) && `3:25 ${error.message}`).toBe(line);
  });

  it("a file of a token that is a pipe, or is not there, is refused", async () => {
    expect(await problems(TEXT, { checksTokenFile: true })).toEqual([`3:25 collector.server.token_file: ${path("token")}: no such file`]);
    execFileSync("mkfifo", [path("token")]);
    expect(await problems(TEXT, { checksTokenFile: true })).toEqual([
      `3:25 collector.server.token_file: ${path("token")}: expected a regular file, found a pipe`,
    ]);
  });

  it("loadConfig refuses a token beside the file of one", async () => {
    expect(await problems(TEXT.replace("token_file", "token: hunter2, token_file"))).toEqual([
      "3:41 collector.server.token_file: token and token_file exclude each other; remove one",
    ]);
  });
});
