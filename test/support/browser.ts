import axe from "axe-core";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { serve as serveCollector, type AppOptions } from "../../src/http/index.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { Collector } from "../../src/collector/collector.ts";
import { program } from "./programs.ts";
import { scriptedKind, type Script, type ScriptedConfig } from "./scripted.ts";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Debian's Chromium; ask `program("chromium")` first. */
export const launch = (): Promise<Browser> => chromium.launch({ executablePath: program("chromium") as string, args: FLAGS });

/** A page open at an address, with everything that went wrong in it. */
export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  // A refused request is told by the page itself; what breaks its own policy is told here alone.
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) errors.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, errors, requests, [Symbol.asyncDispose]: () => context.close() };
}

/** What axe finds wrong, each with where. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Its source is run by the debugger's protocol, which the page's policy does not reach.
  await page.evaluate(axe.source);
  const found = await page.evaluate<axe.AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  if (found.passes.length === 0) throw new Error("axe looked at nothing");
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
  );
}

export interface Served extends AsyncDisposable {
  readonly collector: Collector;
  readonly url: string;
  readonly port: number;
}

/** A collector whose sources do what a script says, on the machine's clock, served at a port. */
export async function serve(
  script: Script,
  config: ScriptedConfig,
  options: AppOptions & { readonly port?: number } = {},
): Promise<Served> {
  const collector = createCollector(config, { sourceKinds: [scriptedKind(script)], identity: { service: "job-agent" } });
  const server = await serveCollector(collector, { port: 0, ...options });
  await collector.start();
  return {
    collector,
    url: server.url,
    port: server.port,
    async [Symbol.asyncDispose]() {
      await collector.shutdown();
      await server.close();
    },
  };
}
