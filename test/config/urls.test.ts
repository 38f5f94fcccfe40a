import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../src/base/errors.ts";
import { resolve } from "../../src/collector/resolve.ts";
import { configFolder } from "../support/config-folder.ts";

const { load, problems } = configFolder();

const HEAD = 'file_format: "1.0"\n';

/** Each setting that is a URL, in a file where it is `${URL}` in quotes. */
const SETTINGS: readonly (readonly [path: string, text: string])[] = [
  ["collector.alerts.webhook.url", 'collector: { alerts: { webhook: { url: "URL" } } }\n'],
  ["collector.alerts.alertmanager.url", 'collector: { alerts: { alertmanager: { url: "URL" } } }\n'],
  ["collector.sources.a.ui", 'collector: { sources: { a: { kind: host, ui: "URL" } } }\n'],
  ["collector.server.external_url", 'collector: { server: { external_url: "URL" } }\n'],
  ["collector.sources.s.url", 'collector: { sources: { s: { kind: http-json, url: "URL", readings: { system: {} } } } }\n'],
  [
    "meter_provider.readers.0.periodic.exporter.otlp_http.endpoint",
    'meter_provider: { readers: [{ periodic: { exporter: { otlp_http: { endpoint: "URL" } } } }] }\n',
  ],
  [
    "logger_provider.processors.0.batch.exporter.otlp_http.endpoint",
    'logger_provider: { processors: [{ batch: { exporter: { otlp_http: { endpoint: "URL" } } } }] }\n',
  ],
];

describe("credentials in URLs", () => {
  it.each(SETTINGS)("loadConfig refuses credentials in %s and shows them nowhere, however the URL is written", async (path, text) => {
    for (const url of [
      "http://me:hunter2@127.0.0.1/",
      "http://hunter2@127.0.0.1/",
      "https://:hunter2@127.0.0.1:1/x",
      "HTTP://me:hunter2@127.0.0.1",
      "http://me:h%40hunter2@127.0.0.1/x?y",
    ])
      for (const written of [url, "${ADDRESS}"]) {
        const [line = "", ...more] = await problems(HEAD + text.replace("URL", written), { env: { ADDRESS: url } });
        expect(line).toContain(`${path}: expected a URL without credentials`);
        expect(line).toContain("found text (hidden)");
        expect([line, ...more].join()).not.toMatch(/hunter2|me:/);
      }
  });

  it.each(SETTINGS)("loadConfig shows no part of a malformed URL in %s that may be a secret", async (_, text) => {
    for (const url of [
      "htp://me:hunter2@127.0.0.1/",
      "http://me:hunt/er2@127.0.0.1",
      "http://me:hunt er2@127.0.0.1",
      "http:// me:hunt /er2 @127.0.0.1",
      "me:hunter2@127.0.0.1",
      "ftp://127.0.0.1/?token=hunter2",
      "127.0.0.1/x?token=hunter2",
      "ftp://127.0.0.1/#hunter2",
      "ftp:\\\\me:hunter2@x",
    ]) {
      const found = await problems(HEAD + text.replace("URL", "${ADDRESS}"), { env: { ADDRESS: url } });
      expect(found.some((line) => line.includes("found text (hidden)"))).toBe(true);
      expect(found.join()).not.toMatch(/hunter2|hunt|er2/);
    }
  });

  it("loadConfig shows nothing of a webhook's URL, whose path is often its secret", async () => {
    const found = await problems(`${HEAD}collector: { alerts: { webhook: { url: "htps://hooks.example/T0/B0/hunter2" } } }\n`);
    expect(found.join()).toMatch(/found text \(hidden\)/);
    expect(found.join()).not.toContain("hunter2");
  });

  it("resolve refuses them in code as well, without showing them", () => {
    for (const sink of ["webhook", "alertmanager"]) {
      let error: unknown;
      try {
        resolve({ alerts: { [sink]: { url: "http://me:hunter2@127.0.0.1/" } } });
      } catch (thrown) {
        error = thrown;
      }
      expect(isVitalsError(error) && error.message).toContain(`alerts.${sink}.url: expected a URL without credentials`);
      expect(String(error)).not.toContain("hunter2");
    }
  });
});

describe("sample types", () => {
  it.each(["system", "graph", "agent-memory", "graph-service"])(
    "loadConfig refuses a declared type in place of the built-in %s",
    async (name) => {
      const text = `${HEAD}collector:\n  sample_types: { ${name}: { a: { instrument: x.a, unit: "1" } } }\n  sources: { h: { kind: host } }\n  collections: { h: { source: h } }\n`;
      expect(await problems(text)).toEqual([
        `3:19 collector.sample_types.${name}: the sample type "${name}" is built in; choose another name`,
      ]);
      expect((await load(text.replace(name, "mine"))).problems).toEqual([]);
    },
  );
});
