import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseText } from "../../src/config/yaml.ts";
import { configFolder } from "../support/config-folder.ts";

const { load, problems } = configFolder();

const HEAD = 'file_format: "1.0"\n';
const HERE = "  sources: { here: { kind: host } }\n  collections: { a: { source: here } }\n";

/** A server with one setting, in block style. */
const server = (setting: string): string => `${HEAD}collector:\n  server:\n    ${setting}\n${HERE}`;

/** Text without control characters and with no blank at either end, which is what a token may be. */
const printable = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter((text) => text === text.trim() && !/[\p{C}\p{Z}]/u.test(text.replaceAll(" ", "")));

describe("a secret in a variable", () => {
  it.each([
    "#hunter2",
    "s3cret #7",
    "&x y",
    "&anchor",
    "*alias",
    "!tag x",
    "%x",
    "~",
    "null",
    "true",
    "0123",
    "12",
    "1e5",
    "0x1F",
    ".inf",
    "a: b",
    "- a",
    "[1, 2]",
    "{a: b}",
    "'a'",
    '"a"',
    '"',
    "|",
    "> x",
    "@x",
    "`x`",
    "?",
    "a\\nb",
    "${OTHER}",
    "$$",
    "größe",
    "x".repeat(300),
  ])("loadConfig takes the token %s of a variable whole, with and without quotes and in flow style", async (token) => {
    const env = { VITALS_TOKEN: token, OTHER: "no" };
    for (const setting of [
      "token: ${VITALS_TOKEN}",
      'token: "${VITALS_TOKEN}"',
      "token: ${env:VITALS_TOKEN}",
      "token: '${VITALS_TOKEN:-x}'",
    ]) {
      const { config, problems: found } = await load(server(setting), { env });
      expect(found).toEqual([]);
      expect(config?.server.token).toBe(token);
    }
    const flow = await load(`${HEAD}collector:\n  server: { token: \${VITALS_TOKEN}, port: 1 }\n${HERE}`, { env });
    expect(flow.config?.server).toMatchObject({ token, port: 1 });
    const inner = await load(server("token: pre ${VITALS_TOKEN} post"), { env });
    expect(inner.config?.server.token).toBe(`pre ${token} post`);
  });

  it("loadConfig takes any printable token of a variable whole", async () => {
    await fc.assert(
      fc.asyncProperty(printable, async (token) => {
        const { config } = await load(server("token: ${VITALS_TOKEN}"), { env: { VITALS_TOKEN: token } });
        expect(config?.server.token).toBe(token);
      }),
      { numRuns: 200 },
    );
  });

  it("loadConfig takes headers and the options of a source whole", async () => {
    const text = `${HEAD}meter_provider:\n  readers:\n    - periodic: { exporter: { otlp_http: { headers: [{ name: x-key, value: \${KEY} }] } } }\ncollector:\n  sources:\n    s: { kind: http-json, url: "http://127.0.0.1/", token: \${KEY}, headers: { x: \${KEY} }, readings: { system: {} } }\n  alerts: { webhook: { headers: { authorization: Bearer \${KEY} } } }\n`;
    for (const KEY of ["12", "true", "a #b", "~", "&a b"]) {
      const { config } = await load(text, { env: { KEY } });
      expect(config?.meterProvider.readers[0]?.periodic?.exporter.otlp_http.headers).toEqual([{ name: "x-key", value: KEY }]);
      expect(config?.plan.sources.get("s")?.options).toMatchObject({ token: KEY, headers: { x: KEY } });
      expect(config?.plan.options.alerts.webhook.headers).toEqual({ authorization: `Bearer ${KEY}` });
    }
  });

  it.each(["token: ${VITALS_TOKEN}", 'token: "${VITALS_TOKEN}"'])(
    "loadConfig refuses %s where the variable is empty, which would turn authentication off",
    async (setting) => {
      for (const env of [{}, { VITALS_TOKEN: "" }])
        expect(await problems(server(setting), { env })).toEqual([
          "4:12: environment variable VITALS_TOKEN is not set, so the token would be empty; set it, or write ${VITALS_TOKEN:-} for no token",
        ]);
      const { config } = await load(server("token: ${VITALS_TOKEN:-}"));
      expect(config?.server.token).toBe("");
    },
  );

  it.each([
    [" x", "a blank first"],
    ["x ", "a blank last"],
    ["x\r", "a carriage return"],
    ["x\ny", "a line break"],
    ["x\u0000y", "a control character"],
    ["x\u2028y", "a line separator"],
    [" ", "a blank alone"],
    ["\u00a0x", "a no-break space first"],
  ])("loadConfig refuses the token %j with %s, and does not show it", async (token) => {
    for (const setting of ["token: ${VITALS_TOKEN}", 'token: "${VITALS_TOKEN}"', `token: ${JSON.stringify(token)}`]) {
      const [line, ...more] = await problems(server(setting), { env: { VITALS_TOKEN: token } });
      expect(more).toEqual([]);
      expect(line).toMatch(
        /^4:12 collector\.server\.token: expected a token: printable text on one line, without a blank at its start or end; found text \(hidden\)/,
      );
    }
  });
});

describe("the token of a source", () => {
  it.each([" x", "x ", "x\r", "x\ny", " "])("loadConfig refuses the token %j of http-json, and does not show it", async (TOKEN) => {
    const text = `${HEAD}collector:\n  sources:\n    s: { kind: http-json, url: "http://127.0.0.1/", token: "\${TOKEN}", readings: { system: {} } }\n  collections: { c: { source: s } }\n`;
    expect(await problems(text, { env: { TOKEN } })).toEqual([
      "4:60 collector.sources.s.token: expected a token on one line that is valid in an HTTP header, without a blank at its start or end; found text (hidden) (from ${TOKEN})",
    ]);
  });
});

describe("the token of a source whose variable is empty", () => {
  it.each(["token: ${TOKEN}", 'token: "${TOKEN}"'])("loadConfig refuses %s of http-json where the variable is empty", async (setting) => {
    const text = `${HEAD}collector:\n  sources:\n    s: { kind: http-json, url: "http://127.0.0.1/", ${setting}, readings: { system: {} } }\n  collections: { c: { source: s } }\n`;
    for (const env of [{}, { TOKEN: "" }])
      expect(await problems(text, { env })).toEqual([
        "4:60: environment variable TOKEN is not set, so the token would be empty; set it, or write ${TOKEN:-} for no token",
      ]);
  });
});

describe("the type of a variable's value", () => {
  const portOf = async (setting: string, PORT: string): Promise<unknown> =>
    (await load(`${HEAD}collector:\n  server: ${setting}\n${HERE}`, { env: { PORT } })).config?.server.port;

  it.each([
    "{ port: ${PORT} }",
    '{ port: "${PORT}" }',
    "{ port: '${PORT}' }",
    "{port: ${PORT}}",
    "{ port: ${PORT:-1} }",
    "{ port: ${X:-9999} }",
  ])("loadConfig accepts %s as a number", async (setting) => expect(await portOf(setting, "9999")).toBe(9_999));

  it("loadConfig reads numbers, booleans and durations of variables where they are wanted, in the options of a source too", async () => {
    const text = `${HEAD}collector:\n  server: { insecure: "\${YES}", max_clients: \${N} }\n  sources:\n    s: { kind: http-json, url: "http://127.0.0.1/", max_bytes: "\${N}", readings: { system: {} } }\n  collections:\n    a: { source: s, interval: \${MS}, timeout: \${TIME} }\n`;
    const { config, problems: found } = await load(text, { env: { YES: "true", N: "4096", MS: "2000", TIME: "1m30s" } });
    expect(found).toEqual([]);
    expect(config?.server).toMatchObject({ insecure: true, max_clients: 4_096 });
    expect(config?.plan.sources.get("s")?.options).toMatchObject({ max_bytes: 4_096 });
    expect(config?.plan.collections.get("a")).toMatchObject({ intervalMs: 2_000, timeoutMs: 90_000 });
  });

  it("loadConfig keeps the type that YAML gives a value where any type is accepted", async () => {
    const resourceOf = async (value: string): Promise<unknown> =>
      (await load(`${HEAD}resource:\n  attributes: [{ name: a, value: ${value} }]\n`, { env: { V: "12", W: "3" } })).config?.resource["a"];
    expect(await resourceOf("${V}")).toBe(12);
    expect(await resourceOf('"${V}"')).toBe("12");
    expect(await resourceOf("[${V}, ${W}]")).toEqual([12, 3]);
    expect(await resourceOf('[${V}, "${W}"]')).toEqual(["12", "3"].map(String));
  });

  it("loadConfig reports a value that fits in neither way at the reference, with the variable's name", async () => {
    expect(await problems(`${HEAD}collector:\n  server: { port: "\${PORT}" }\n`, { env: { PORT: "80 80" } })).toEqual([
      '3:19 collector.server.port: expected a number, found "80 80" (from ${PORT})',
    ]);
  });
});

describe("references in flow style", () => {
  it("loadConfig reports one problem for a malformed reference in flow style", async () => {
    expect(await problems(`${HEAD}collector: { server: { host: \${bad name} } }\n`)).toEqual([
      '2:30: malformed reference "${bad name}"; expected ${NAME}, ${env:NAME} or ${NAME:-default}',
    ]);
  });

  it("loadConfig keeps every line and column behind references", async () => {
    expect(await problems(`${HEAD}collector: { server: { token: \${A:-a,b #c: d}, prt: 1 } }\n`)).toEqual([
      '2:53 collector.server.prt: unknown setting "prt"; did you mean "port"?',
    ]);
  });

  it("parseText reads a default whole, with what else would end a value", () => {
    const value = (text: string): unknown => parseText(`v: ${text}`).document.toJS().v;
    expect(value("[${A:-x, y}, ${B:-#1: [z]}]")).toEqual(["${A:-x, y}", "${B:-#1: [z]}"]);
    expect(value('"\\ue000${A}\\ue001"')).toBe("\ue000${A}\ue001");
  });

  it("parseText reads text without references as the parser does, private characters and escapes included", () => {
    const unit = fc.constantFrom("a", "$", "{", "}", ":", " ", ",", '"', "'", "\n", "#", "-", "\ue000", "\ue01a", "\\ue000");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        fc.pre(!text.includes("${"));
        const { document, problems: found } = parseText(text);
        if (found.length > 0) return;
        expect(document.toJS()).toEqual(parse(text, { merge: true }));
      }),
    );
  });
});
