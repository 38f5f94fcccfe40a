import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { parseOptions, resolve } from "../../../src/collector/resolve.ts";
import type { CollectorConfig } from "../../../src/collector/options.ts";
import { validateReading } from "../../../src/sample/sample-type.ts";
import { Source } from "../../../src/source/source.ts";
import { diagLogger } from "../../../src/base/logger.ts";
import { serveHttp } from "../../support/http-server.ts";
import { ROOT } from "../../support/yaml-file.ts";

const NOW = Date.parse("2024-05-06T17:37:44Z");

/** The answer and the configuration of one section of the guide. */
function exampleOf(product: string): { readonly answer: string; readonly config: { readonly collector: CollectorConfig } } {
  const guide = readFileSync(`${ROOT}/docs/how-to/read-json.md`, "utf8");
  const section = guide.split(/^## /m).find((each) => each.startsWith(`${product}\n`)) ?? "";
  const block = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(section)?.[1] ?? "";
  return { answer: block("json"), config: parse(block("yaml"), { strict: true }) as { collector: CollectorConfig } };
}

describe("the guide to http-json", () => {
  it.each([
    ["RabbitMQ", { queues: 2, messages: { hello: 5, bye: 7 }, published: { hello: 5 } }],
    ["Weaviate", { nodes: 2, objects: { n0: 100, n1: 50 }, status: { n0: 0, n1: 1 } }],
    ["Elasticsearch", { status: 1, timedOut: 0, unassigned: 3, active: 0.8, queueTime: 0.25 }],
    [
      "Qdrant",
      {
        requests: { "GET /collections": { 200: 5 }, "PUT /x": { 200: 2, 400: 1 } },
        duration: { "GET /collections": { 200: 0.0001205 } },
      },
    ],
    ["Ollama", { models: 2, size: { "llama3:latest": 4661224676, m: 10 }, age: { "llama3:latest": 172_800, m: 86_400 } }],
  ])("the guide's example for %s reads the answer that it shows", async (product, expected) => {
    const { answer, config } = exampleOf(product);
    await using server = await serveHttp((_, response) => response.end(answer));
    const plan = resolve(parseOptions(config.collector));
    const [name, source] = [...plan.sources][0] as [string, NonNullable<ReturnType<typeof plan.sources.get>>];
    const options = { ...(source.options as object), url: server.url };
    const clock = new ManualClock({ wallMs: NOW });
    const opened = new Source({ ...source, options }, { baseDir: tmpdir(), clock, logger: diagLogger, types: plan.types });
    const { reading } = [...plan.collections.values()][0] as NonNullable<ReturnType<typeof plan.collections.get>>;
    const raw = await opened.read(reading, new AbortController().signal);
    await opened.close();
    expect(name).toBe(product.toLowerCase());
    expect(validateReading(reading.type, raw)).toEqual({ ok: true, values: expected });
  });
});
