import { describe, expect, it } from "vitest";
import { compose } from "../../src/cli/compose.ts";
import { openServers } from "../../src/cli/servers.ts";
import { configFolder } from "../support/config-folder.ts";

const { load } = configFolder();
const none = (): void => {};
const logger = { error: none, warn: none, info: none, debug: none };

describe("openServers", () => {
  it.each([
    ["", 401],
    [", public_badges: true", 200],
  ])("openServers serves badges of components without the token only if the file says so: token: t0ken%s", async (setting, status) => {
    const text = `file_format: "1.0"\ncollector: { server: { port: 0, token: t0ken${setting} }, sources: { here: { kind: host } }, collections: { here: { source: here } } }\n`;
    const { config, problems } = await load(text);
    if (!config) throw new Error(JSON.stringify(problems));
    const composition = await compose(config);
    await using server = (await openServers(config, composition, { logger, token: config.server.token })).main;
    expect((await fetch(`${server.url}/badge/collection:here.svg`)).status).toBe(status);
    expect((await fetch(`${server.url}/badge.svg`)).status).toBe(200);
    expect((await fetch(`${server.url}/api/v1/health`)).status).toBe(401);
    await composition.collector.shutdown();
    await composition.telemetry.shutdown(1_000);
  });
});
