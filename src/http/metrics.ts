import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Context, Hono } from "hono";
import { problem } from "./api/problem.ts";

const compress = promisify(gzip);

/** Answers Prometheus text. */
export type ScrapeText = () => Promise<{ readonly text: string; readonly errors: number }>;

/** `/metrics`. What could be collected is there; `x-collect-errors` tells how many callbacks failed. */
export const metrics =
  (scrape: ScrapeText | undefined) =>
  async (c: Context): Promise<Response> => {
    if (!scrape)
      return problem(
        c,
        "no-metrics",
        "configure a pull reader (prometheus/development), or scrape the meter provider of the program this is embedded in",
      );
    const { text, errors } = await scrape();
    const headers = {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "x-collect-errors": String(errors),
      "cache-control": "no-store",
      vary: "accept-encoding",
    };
    if (!acceptsGzip(c.req.header("accept-encoding") ?? "")) return c.body(text, 200, headers);
    return c.body(Uint8Array.from(await compress(text, { level: 1 })), 200, { ...headers, "content-encoding": "gzip" });
  };

/** A weight of zero refuses what it stands behind. */
const acceptsGzip = (header: string): boolean => /\bgzip\b(?!\s*;\s*q=0(\.0{1,3})?\s*(,|$))/i.test(header);

/** Only `/metrics`: for a listener of its own, as a pull reader's `host` and `port` ask for. */
export function createMetricsApp(scrape: ScrapeText): Hono {
  const app = new Hono();
  app.get("/metrics", metrics(scrape));
  app.notFound((c) => problem(c, "unknown-route", "there is only /metrics here"));
  return app;
}
