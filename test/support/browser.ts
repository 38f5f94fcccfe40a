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

/** Debian's Chromium. The test declares `needs("chromium")`. */
export const launch = (): Promise<Browser> => chromium.launch({ executablePath: program("chromium") as string, args: FLAGS });

/** A page opened at an address, with its errors and requests. */
export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  // Failed requests are expected in some tests, and the page shows them. Violations of its content security policy appear only here.
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) errors.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, errors, requests, [Symbol.asyncDispose]: () => context.close() };
}

/** Violations that axe finds, each with its place. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Evaluated through the debugger, which the page's content security policy does not restrict.
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

/** A collector with scripted sources on the system clock, served on a port. */
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
