import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { launch } from "../support/browser.ts";
import { running } from "../support/command.ts";
import { needs } from "../support/programs.ts";

const EXAMPLE = new URL("../../examples/clients/browser.ts", import.meta.url).pathname;
const TOKEN = "a token for this test";

describe("the browser client example", needs("chromium"), () => {
  it.each([
    ["without a token", undefined],
    ["with a token", TOKEN],
  ])("the browser client example shows each collection, new samples and a lost connection, %s", async (_, token) => {
    await using collector = await running(token === undefined ? [] : ["--set", `collector.server.token=${token}`]);
    const env = { ...process.env, VITALS_URL: collector.url, PORT: "0", ...(token === undefined ? {} : { VITALS_TOKEN: token }) };
    const server = spawn(process.execPath, [EXAMPLE], { env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(server, "exit");
    const browser = await launch();
    try {
      const [line] = (await once(server.stdout, "data")) as [Buffer];
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(String(line).trim());
      const row = page.locator("#collection-analytics");
      await row.getByText("success").waitFor();
      expect(await page.locator("#connection").textContent()).toBe("connected");
      expect(await page.locator("#status").textContent()).toMatch(/^(healthy|degraded|unhealthy|critical|unknown)$/);
      const first = (await row.locator("td").nth(1).textContent()) ?? "";
      await row.locator("td").nth(1).filter({ hasNotText: first }).waitFor();
      for (const name of ["analytics", "memory", "graph"]) await page.locator(`#collection-${name}`).getByText("success").waitFor();
      await row.getByText(/^\d+(\.\d+)? %$/).waitFor();
      expect(errors).toEqual([]);
      collector.signal("SIGTERM");
      await page.getByText("connection lost, reconnecting").waitFor();
      // Meanwhile the proxy answers with an error status, after which an EventSource gives up.
      await collector.ended;
      await page.waitForResponse((response) => response.status() >= 500);
      const port = new URL(collector.url).port;
      const listen = ["--listen", `127.0.0.1:${port}`];
      await using again = await running(token === undefined ? listen : [...listen, "--set", `collector.server.token=${token}`]);
      expect(again.url).toBe(collector.url);
      await page.locator("#connection", { hasText: /^connected$/ }).waitFor();
    } finally {
      await browser.close();
      server.kill("SIGTERM");
      await ended;
    }
  });
});
