import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { INTERNAL, type FailureLog } from "./failures.ts";
import { problem } from "./api/problem.ts";
import { rejectOtherMethods } from "./other-methods.ts";

const compress = promisify(gzip);

/** Collects the metrics and returns them as `text` in Prometheus format, with the number of `errors`: callbacks that failed. */
export type ScrapeText = () => Promise<{ readonly text: string; readonly errors: number }>;

/** `/metrics`. A failed callback does not fail the response; the header `x-collect-errors` counts them. */
export const metrics =
  (scrape: ScrapeText | undefined) =>
  async (c: Context): Promise<Response> => {
    if (!scrape)
      return problem(
        c,
        "no-metrics",
        "configure a pull reader (prometheus/development), or scrape the readers of the program that embeds the collector",
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

/** A weight of zero rejects the encoding before it. */
const acceptsGzip = (header: string): boolean => /\bgzip\b(?!\s*;\s*q=0(\.0{1,3})?\s*(,|$))/i.test(header);

/** Only `/metrics`: for a pull reader with a `host` and `port` of its own. */
export function createMetricsApp(scrape: ScrapeText, host: MiddlewareHandler, failed: FailureLog): Hono {
  const app = new Hono();
  app.get("/metrics", host, metrics(scrape));
  rejectOtherMethods(app);
  app.notFound((c) => problem(c, "unknown-route", "this address serves only /metrics"));
  app.onError((error, c) => {
    failed(c, error);
    return problem(c, "internal", INTERNAL);
  });
  return app;
}
