/**
 * Takes the screenshots in docs/images of a collector that monitors this machine, the example memory and a service that fails. Runs in
 * real time, for about two minutes. With a folder as its argument it writes every width, theme and state there instead.
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type Browser, type Page } from "playwright-core";
import { serve } from "../src/http/index.ts";
import { createCollector } from "../src/index.ts";
import { createTelemetry } from "../src/telemetry/export/provider.ts";

const IMAGES = new URL("../docs/images/", import.meta.url).pathname;
const HEALTHY_MS = 75_000;
const FAILING_MS = 22_000;

interface Shot {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
}

const folder = process.argv[2];
const states = ["healthy", "failing"] as const;
const shots: Readonly<Record<(typeof states)[number], readonly Shot[]>> = folder
  ? { healthy: every("healthy"), failing: every("failing") }
  : {
      healthy: [{ name: "page-healthy-dark", width: 1440, height: 900, theme: "dark" }],
      failing: [
        { name: "page-failing-light", width: 1440, height: 900, theme: "light" },
        { name: "page-failing-phone", width: 390, height: 844, theme: "dark" },
      ],
    };

function every(state: string): readonly Shot[] {
  return [1440, 768, 390].flatMap((width) =>
    (["light", "dark"] as const).map((theme) => ({ name: `${state}-${width}-${theme}`, width, height: width > 1000 ? 900 : 1200, theme })),
  );
}

let isBroken = false;
let requests = 0;
const service = createServer((_, response) => {
  requests += 1;
  response.writeHead(isBroken ? 503 : 200, { "content-type": "application/json" });
  const [nodes, edges] = [12_000 + requests * 3, 48_000 + requests * 11];
  const answer = { nodes, edges, rate: 120 + 40 * Math.sin(requests / 9), hits: 0.93 + 0.05 * Math.sin(requests / 14) };
  response.end(JSON.stringify(isBroken ? {} : answer));
});
await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));

const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/stats`;
const fields = { activeNodes: "/nodes", activeEdges: "/edges", queryRate: "/rate", cacheHitRatio: "/hits", responseTime: "$duration" };
const telemetry = createTelemetry({ readers: [] }, { resource: {} });
const collector = createCollector(
  {
    sources: {
      here: { kind: "host" },
      agent: { kind: "mcp-memory", path: "examples/memory.jsonl" },
      store: { kind: "http-json", url, readings: { "graph-service": fields } },
    },
    collections: {
      store: { source: "store", interval: "1s" },
      machine: { source: "here", interval: "1s" },
      memory: { source: "agent", type: "agent-memory", interval: "5s" },
      graph: { source: "agent", type: "graph", interval: "2s" },
    },
    health: { rules: [{ collection: "store", field: "cacheHitRatio", stat: "mean", window: "1m", below: 0.8, clear: 0.85 }] },
  },
  { telemetry, identity: { service: "agent-store" } },
);

{
  await using server = await serve(collector, { port: 0 });
  await using browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu"],
  });
  await collector.start();
  for (const state of states) {
    await sleep(state === "healthy" ? HEALTHY_MS : FAILING_MS);
    for (const shot of shots[state]) await take(browser, server.url, shot);
    isBroken = true;
  }
  await collector.shutdown();
}
service.close();
service.closeAllConnections();

async function take(browser: Browser, address: string, { name, width, height, theme }: Shot): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme });
  await page.goto(address);
  await page.locator("#windows label").first().click();
  await page.locator(".chart").first().waitFor();
  // Within two seconds the first samples arrive, and the second statistics of the collector.
  await sleep(2_000);
  mkdirSync(folder ?? IMAGES, { recursive: true });
  const path = join(folder ?? IMAGES, folder ? `${name}.png` : `${name}.webp`);
  if (folder) {
    // Charts are only drawn while they are visible.
    await page.setViewportSize({ width, height: Number(await page.evaluate("document.documentElement.scrollHeight")) });
    await sleep(1_500);
    await page.screenshot({ path });
  } else writeFileSync(path, await webp(page));
  console.log(`${String(statSync(path).size).padStart(8)}  ${path}`);
  await page.close();
}

/** WebP takes a third of the size of PNG. */
async function webp(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 85 });
  return Buffer.from(data, "base64");
}
