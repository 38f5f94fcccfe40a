import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lineOf } from "../../src/config/document.ts";
import { metricsListeners } from "../../src/config/listeners.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createApp } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-listeners-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

/** Loads a configuration with these settings of the server, and a pull reader for each of the others. */
async function load(server: string, ...readers: readonly string[]) {
  const pulls = readers.map((options) => `    - pull: { exporter: { prometheus/development: ${options} } }\n`);
  const text = `file_format: "1.0"
meter_provider:
  readers:
${pulls.join("") || "    []\n"}collector:
  server: ${server}
  sources: { here: { kind: host } }
  collections: { a: { source: here } }
`;
  writeFileSync(join(cwd, "otel-config.yaml"), text);
  const { config, problems } = await loadConfig({ env: {}, cwd });
  return { listeners: config && metricsListeners(config.meterProvider, config.server), problems: problems.map(lineOf) };
}

describe("the server's address", () => {
  it.each(["0.0.0.0", "::", "192.0.2.1", "vitals.example"])("loadConfig refuses to listen on %s without a token", async (host) => {
    expect((await load(`{ host: "${host}" }`)).problems).toEqual([
      expect.stringMatching(
        /^otel-config\.yaml:6:19 collector\.server\.host: expected a token or token_file as well, because other machines can reach/,
      ),
    ]);
    for (const rest of ["insecure: true", "token: s3cret", "token_file: token"])
      expect((await load(`{ host: "${host}", ${rest} }`)).problems).toEqual([]);
  });

  it.each(["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST.", "::1", "::ffff:127.0.0.1"])(
    "loadConfig takes %s for loopback",
    async (host) => {
      expect((await load(`{ host: "${host}" }`)).problems).toEqual([]);
    },
  );

  it.each(["", "a b", "http://x", "127.0.0.1:80", "1.2.3", "[::1]", "-x", "x..y"])("loadConfig refuses the host %j", async (host) => {
    expect((await load(`{ host: "${host}", insecure: true }`)).problems).toEqual([
      expect.stringMatching(/6:19 collector\.server\.host: expected a host name or an IP address, found/),
    ]);
    expect((await load("{}", `{ host: "${host}" }`)).problems).toEqual([
      expect.stringMatching(/4:\d+ meter_provider\..*\.host: expected a host name/),
    ]);
  });
});

describe("the names that a Host header may have", () => {
  it.each(["a b", "http://vitals.example", "vitals.example:9464", "[::1]:80", "vitals.example/x", "a,b", "*.example"])(
    "loadConfig and createApp refuse the allowed host %j, which no request can have",
    async (name) => {
      const message = `expected a host name or an IP address without a port, or "*" for any; found "${name}"`;
      expect((await load(`{ allowed_hosts: ["vitals.example", "${name}"] }`)).problems).toEqual([
        `otel-config.yaml:6:47 collector.server.allowed_hosts.1: ${message}`,
      ]);
      const { collector } = scriptedCollector({}, each(["jobs"]));
      expect(() => createApp(collector, { allowedHosts: [name] })).toThrow(`invalid options of createApp: allowedHosts.0: ${message}`);
    },
  );

  it("loadConfig accepts names and addresses in every notation, any name, and the empty text of a variable", async () => {
    const names = ["*", "vitals.example", "VITALS.example.", "otel-vitals", "10.0.0.1", "fd00::1", "[fd00::1]", "${NAME:-}"];
    expect((await load(`{ allowed_hosts: ${JSON.stringify(names).replaceAll(",", ", ")} }`)).problems).toEqual([]);
  });
});

describe("listeners of pull readers", () => {
  it.each([
    ["{}", "{}", []],
    ["{}", "{ port: 9465 }", [{ host: "127.0.0.1", port: 9465 }]],
    ["{}", "{ host: 127.0.0.2 }", [{ host: "127.0.0.2", port: 9464 }]],
    ["{ port: 0 }", "{ port: 0 }", [{ host: "127.0.0.1", port: 0 }]],
    // The default of the standard is the default of the server.
    ["{}", "{ host: localhost, port: 9464 }", []],
    ["{ host: 0.0.0.0, insecure: true }", "{ host: 0.0.0.0 }", []],
  ])("with the server %s a pull reader of %s has the listeners %j", async (server, reader, expected) => {
    expect(await load(server, reader)).toEqual({ listeners: expected, problems: [] });
  });

  it("two pull readers of one address share a listener", async () => {
    expect((await load("{}", "{ port: 9465 }", "{ host: localhost, port: 9465 }")).listeners).toEqual([{ host: "127.0.0.1", port: 9465 }]);
  });

  it.each([
    [
      "{}",
      "{ host: 0.0.0.0 }",
      /^otel-config\.yaml:4:\d+ meter_provider\.readers\.0\.pull\.exporter\.prometheus\/development: expected a free address, but 0\.0\.0\.0:9464 overlaps with 127\.0\.0\.1:9464/,
    ],
    ["{ host: 0.0.0.0, insecure: true }", "{ host: 127.0.0.1 }", /127\.0\.0\.1:9464 overlaps with 0\.0\.0\.0:9464/],
  ])("loadConfig refuses, beside the server %s, a pull reader of %s, which could not listen", async (server, reader, problem) => {
    expect((await load(server, reader)).problems).toEqual([expect.stringMatching(problem)]);
  });
});
