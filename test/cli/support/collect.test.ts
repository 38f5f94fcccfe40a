import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, type Collected } from "../../../src/cli/support/collect.ts";
import { Scrubber } from "../../../src/cli/support/scrub.ts";
import { serveHttp } from "../../support/http-server.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "otel-vitals-support-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A configuration with a secret in every place that can contain one. */
function configWith(s: readonly string[], n: number): object {
  const at = (index: number): string => s[index] as string;
  return {
    file_format: "1.0",
    resource: {
      attributes: [
        { name: "a", value: at(0) },
        { name: "pin", value: n },
      ],
      attributes_list: `b=${encodeURIComponent(at(1))}`,
    },
    "x-anything": { [at(2)]: at(3) },
    meter_provider: {
      readers: [
        {
          periodic: {
            exporter: {
              otlp_http: {
                endpoint: `https://h/v1/metrics?key=${encodeURIComponent(at(4))}`,
                headers: [{ name: "x-key", value: at(5) }],
                headers_list: `k=${encodeURIComponent(at(6))}`,
              },
            },
          },
        },
      ],
    },
    collector: {
      server: { token: "${SUPPORT_TEST_VALUE}", external_url: `https://h/${encodeURIComponent(at(7))}` },
      alerts: {
        webhook: { url: `https://h/services/${encodeURIComponent(at(8))}`, headers: { "x-a": at(9) } },
        alertmanager: { url: `https://user:${encodeURIComponent(at(10))}@h/`, headers: { authorization: at(11) } },
      },
      sources: {
        api: {
          kind: "http-json",
          url: `https://h/stats?key=${encodeURIComponent(at(12))}`,
          method: "POST",
          token: at(13),
          headers: { "x-b": at(14) },
          body: at(15),
          readings: { queue: { depth: at(16) } },
        },
        store: {
          kind: "neo4j",
          url: `bolt://u:${encodeURIComponent(at(17))}@h`,
          password: at(18),
          user: at(19),
          queries: { graph: { nodeCount: `MATCH (n {k: "${at(20)}"}) RETURN count(n)` } },
        },
        other: { kind: `./${at(21)}.js`, anything: at(22), nested: { list: [at(23)] } },
      },
      collections: { jobs: { source: "api", type: "queue", interval: at(24) } },
      [at(25)]: at(26),
      windows: at(27),
    },
  };
}

/** Printable text that nothing else contains. */
const secret = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdef")), minLength: 16, maxLength: 16 }),
    fc.string({ unit: "grapheme-ascii", maxLength: 80 }),
  )
  .map(([unique, rest]) => `q${unique}${rest.replaceAll("$", "S")}`);

/** What every answer says, with secrets in the reasons of errors. */
const reasonWith = ([a = "", b = "", c = "", d = ""]: readonly string[]): string =>
  `GET https://u:p${a}@h/x/${encodeURIComponent(a)}?k=${encodeURIComponent(b)} failed: expected text; found "${c.slice(0, 59)}…"; Authorization: Bearer ${d}`;

const archiveOf = ({ parts, missing }: Collected): string => [...parts.map(({ content }) => content), ...missing].join("\n");

describe("the support archive", () => {
  it("the support archive contains no secret, wherever a configuration, the environment or an answer has it", async () => {
    let reason = "";
    await using server = await serveHttp((_, response) => {
      const answer = { reason, transitions: [{ time: new Date().toISOString(), reason }], alerts: [{ startsAt: "", reason }] };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(secret, { minLength: 30, maxLength: 30 }),
        fc.integer({ min: 1e9, max: 2e9 }),
        async (secrets, pin) => {
          const file = join(folder, "otel-config.yaml");
          writeFileSync(file, JSON.stringify(configWith(secrets, pin)));
          const [inVariable = "", inToken = ""] = secrets.slice(28);
          reason = reasonWith([secrets[8] as string, secrets[12] as string, inToken, secrets[13] as string]);
          const env = { SUPPORT_TEST_VALUE: inVariable, SOME_TOKEN: inToken };
          const archive = archiveOf(await collect({ file, env, cwd: folder, url: new URL(server.url) }));
          expect(archive).toContain("configuration");
          for (const each of secrets) for (const part of [each.slice(0, 17), encodeURIComponent(each)]) expect(archive).not.toContain(part);
          expect(archive).not.toContain(String(pin));
        },
      ),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it("the support archive shows values that cannot be secret, and the types of others", async () => {
    const file = join(folder, "shown.yaml");
    const config = {
      file_format: "1.0",
      collector: {
        server: { port: "${SUPPORT_TEST_PORT}", host: "127.0.0.1", insecure: false },
        windows: ["1m", "5m"],
        state: { dir: "./state", max_size: "64MiB" },
        sources: { machine: { kind: "host" } },
        sample_types: { queue: { depth: { kind: "gauge", instrument: "queue.depth", unit: "{job}" } } },
        collections: { system: { source: "machine", type: "system", interval: "2s", retain: "1h" } },
        health: {
          rules: [{ name: "Busy", collection: "system", field: "cpuUtilization", stat: "mean", window: "5m", above: 0.9, summary: "why" }],
        },
      },
    };
    writeFileSync(file, JSON.stringify(config));
    const closed = await serveHttp(() => {});
    await closed[Symbol.asyncDispose]();
    const url = new URL(closed.url);
    const { parts, missing } = await collect({ file, env: { SUPPORT_TEST_PORT: "19999" }, cwd: folder, url });
    const shown = JSON.parse(parts.find(({ name }) => name === "configuration.json")?.content ?? "") as unknown;
    expect(shown).toEqual({
      file_format: "1.0",
      collector: {
        server: { port: "(text from ${SUPPORT_TEST_PORT})", host: "127.0.0.1", insecure: false },
        windows: ["1m", "5m"],
        state: { dir: "(text)", max_size: "64MiB" },
        sources: { machine: { kind: "host" } },
        sample_types: config.collector.sample_types,
        collections: config.collector.collections,
        health: { rules: [{ ...config.collector.health.rules[0], summary: "(text)" }] },
      },
    });
    expect(missing).toContain(`health.json: no collector responds at ${url.host}: ECONNREFUSED`);
    expect(missing).toContain("state.json: ENOENT");
  });

  it("a configuration that cannot be read is missing, with the reason, and the rest is there", async () => {
    const { parts, missing } = await collect({
      file: join(folder, "none.yaml"),
      env: {},
      cwd: folder,
      url: new URL("http://127.0.0.1:9/"),
    });
    expect(parts.map(({ name }) => name)).toEqual(["versions.json"]);
    expect(missing[0]).toMatch(/^configuration\.json, problems\.json: .*none\.yaml/);
  });

  it("Scrubber removes known texts in every form, and what looks like a secret", () => {
    const scrubber = new Scrubber(['pa"ss wörd', "abc"]);
    expect(scrubber.text('found pa"ss wörd')).toBe("found (hidden)");
    expect(scrubber.text(`${encodeURIComponent('pa"ss wörd')} ${Buffer.from('pa"ss wörd').toString("base64")}`)).toBe("(hidden) (hidden)");
    expect(scrubber.text("GET http://u:p@host:1/path?q=1#x failed")).toBe("GET http://host:1/… failed");
    expect(scrubber.text("Authorization: Bearer xyz; api_key=xyz")).toBe("Authorization: (hidden) api_key=(hidden)");
    const ofUrl = new Scrubber(["https://h/services/T000%2F1234?key=q%20r%20s%20t%20u", "k=header-value,l=x"]);
    expect(ofUrl.text("T000/1234 T000%2F1234 q r s t u header-value https h")).toBe("(hidden) (hidden) (hidden) (hidden) https h");
    // Short texts are words.
    expect(scrubber.text("abc")).toBe("abc");
    expect(scrubber.data({ 'pa"ss wörd': ['pa"ss wörd', 1, null] })).toEqual({ "(hidden)": ["(hidden)", 1, null] });
  });
});
