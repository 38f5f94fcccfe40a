import { Hono } from "hono";
import { metrics, type ScrapeText } from "./metrics.ts";
import { problem } from "./problem.ts";

/** Only `/metrics`: for a listener of its own, as a pull reader's `host` and `port` ask for. */
export function createMetricsApp(scrape: ScrapeText): Hono {
  const app = new Hono();
  app.get("/metrics", metrics(scrape));
  app.notFound((c) => problem(c, "unknown-route", "there is only /metrics here"));
  return app;
}
