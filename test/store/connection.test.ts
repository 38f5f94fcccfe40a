import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addressOf, loadClient, serverTimeoutMs, tlsContents, unreachable } from "../../src/store/connection.ts";

const MISSING: string = "a-package-that-nobody-has";

describe("loadClient", () => {
  it("a package that is missing is named with the command that installs it", async () => {
    const load = (): Promise<unknown> => import(MISSING);
    await expect(loadClient("redis", "6", load)).rejects.toMatchObject({
      code: "config_invalid",
      message: "the package redis is not installed; run: npm install redis@6",
    });
  });

  it("a package that is broken is not said to be missing", async () => {
    const load = (): Promise<unknown> => Promise.reject(new SyntaxError("unexpected token"));
    await expect(loadClient("redis", "6", load)).rejects.toMatchObject({
      code: "source_failed",
      message: "the package redis cannot be loaded: unexpected token",
    });
  });

  it("a package that is there is returned", async () => {
    expect(await loadClient("redis", "6", async () => "client")).toBe("client");
  });
});

describe("tlsContents", () => {
  it("the files are read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tls-"));
    try {
      const ca = join(folder, "ca.pem");
      await writeFile(ca, "a certificate");
      expect(await tlsContents({ ca })).toEqual({ ca: "a certificate" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("a file that cannot be read is named with its option", async () => {
    await expect(tlsContents({ key: "/nowhere/key.pem" })).rejects.toMatchObject({
      code: "source_failed",
      retryable: true,
      message: 'tls.key "/nowhere/key.pem" cannot be read: ENOENT',
    });
  });
});

describe("unreachable", () => {
  it("the message has the address without credentials and query, and the reason; the type of the error is the code", () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const error = unreachable("bolt://user:secret@host:7687/path?token=secret", "connect ECONNREFUSED", cause);
    expect(error).toMatchObject({ code: "source_unreachable", errorType: "ECONNREFUSED", retryable: true, cause });
    expect(error.message).toBe("bolt://host:7687: connect ECONNREFUSED");
  });

  it.each([
    ["self-signed certificate in certificate chain", "tls.ca"],
    ["unable to verify the first certificate", "tls.ca"],
    ["ssl/tls alert certificate required", "tls.cert and tls.key"],
  ])("%s is followed by what to set", (reason, advice) => {
    expect(unreachable("rediss://host", reason, new Error(reason)).message).toContain(`; set ${advice}`);
  });
});

describe("addressOf", () => {
  it("the port is left out where the URL has none", () => {
    expect(addressOf("redis://host")).toBe("redis://host");
  });
});

describe("serverTimeoutMs", () => {
  it.each([
    [0, 1],
    [0.4, 1],
    [1.9, 1],
    [5_000, 5_000],
    [Number.POSITIVE_INFINITY, 2 ** 31 - 1],
  ])("%d milliseconds are %d for the server", (given, sent) => {
    expect(serverTimeoutMs(given)).toBe(sent);
  });
});
