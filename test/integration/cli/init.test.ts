import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { STARTER_NAMES, STORE_NAMES, type StarterName } from "../../../src/cli/starters.ts";
import { command } from "../../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "vitals-init-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A starter configuration, as the command writes it. */
async function written(name: StarterName, ...more: readonly string[]): Promise<string> {
  const file = join(mkdtempSync(join(folder, `${name}-`)), "otel-config.yaml");
  expect(await command(["init", "--for", name, "-c", file, ...more])).toMatchObject({ code: 0, stderr: "" });
  return file;
}

/** What `once` reads with a configuration, by collection. */
async function sampled(file: string, env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> {
  const { code, stdout, stderr } = await command(["once", "--format", "json", "-c", file], { env });
  expect([code, stderr]).toEqual([0, ""]);
  const samples = JSON.parse(stdout) as readonly { collection: string; values?: object }[];
  return Object.fromEntries(samples.map(({ collection, values }) => [collection, values]));
}

/** A service that returns a document as JSON. */
async function service(document: () => object): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_, response) => response.setHeader("content-type", "application/json").end(JSON.stringify(document())));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/stats`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("otel-vitals init --for", () => {
  it.each(STARTER_NAMES)("init --for %s writes a valid configuration that asks for at most one edit", async (name) => {
    const file = await written(name);
    expect(await command(["validate", "-c", file])).toEqual({ code: 0, stdout: `${file} is valid\n`, stderr: "" });
    const edits = readFileSync(file, "utf8").match(/EDIT THIS/g) ?? [];
    expect(edits).toHaveLength(name === "machine" ? 0 : 1);
  });

  it.each(STORE_NAMES)("init --store %s writes the same as --for", async (store) => {
    const file = join(folder, `store-${store}.yaml`);
    expect((await command(["init", "--store", store, "-c", file])).code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(readFileSync(await written(store), "utf8"));
  });

  it.each([
    [["--for", "everything"], '--for: expected machine, mcp-memory, node-service, json, falkordb or neo4j, found "everything"'],
    [["--for", "json", "--store", "neo4j"], "--store and --for: expected one of them"],
  ])("init refuses %j", async (args, message) => {
    const { code, stderr } = await command(["init", ...args, "-c", join(folder, "never.yaml")]);
    expect([code, stderr.split("\n")[0]]).toEqual([2, `otel-vitals: ${message}`]);
  });

  it("the configuration for an MCP memory server reads its file", async () => {
    const file = await written("mcp-memory");
    const memory = join(folder, "memory.jsonl");
    const entity = { type: "entity", name: "Ada", entityType: "person", observations: ["likes tea", "plays chess"] };
    writeFileSync(memory, `${JSON.stringify(entity)}\n`);
    expect(await sampled(file, { MEMORY_FILE_PATH: memory })).toMatchObject({
      memory: { totalMemories: 2 },
      graph: { nodeCount: 1, edgeCount: 0 },
      machine: { memoryLimit: expect.any(Number) as number },
    });
  });

  it("the configuration for an MCP memory server waits for a file that is not there yet", async () => {
    const file = await written("mcp-memory");
    const { code, stdout } = await command(["check", "-c", file], { env: { MEMORY_FILE_PATH: join(folder, "later.jsonl") } });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/○ collection memory: .*waiting for the first write/) as string]);
  });

  it("the configuration for a service in Node reads the document that its comment describes", async () => {
    using delay = Object.assign(monitorEventLoopDelay(), { [Symbol.dispose]: () => void delay.disable() });
    delay.enable();
    const file = await written("node-service");
    for (const call of ["process.memoryUsage()", "delay.percentile(99) / 1e9"]) expect(readFileSync(file, "utf8")).toContain(call);
    await using node = await service(() => ({
      memory: process.memoryUsage(),
      eventLoopDelayP99: delay.percentile(99) / 1e9,
    }));
    const { service: values } = (await sampled(file, { SERVICE_URL: node.url })) as { service: Record<string, number> };
    expect(Object.keys(values).toSorted()).toEqual(["eventLoopDelayP99", "processMemory"]);
    expect(values["processMemory"]).toBeGreaterThan(2 ** 20);
  });

  it("the configuration for an endpoint reads the document that its comment describes", async () => {
    const file = await written("json");
    const document = /JSON Pointer: (\{.*\})\./.exec(readFileSync(file, "utf8"))?.[1] ?? "";
    await using endpoint = await service(() => JSON.parse(document) as object);
    expect(await sampled(file, { ENDPOINT_URL: endpoint.url })).toEqual({ numbers: { queueLength: 3, requests: 41 } });
  });
});
