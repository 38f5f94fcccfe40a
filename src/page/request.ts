import { requestsTo } from "../client/api.ts";

/** Sent with every request: the collector refuses changes that carry a cookie without it (cross-site request forgery). */
const HEADERS = { "x-otel-vitals": "page" };

/** Sends a request to the collector. Paths are relative to the page, so that it works under any base path. */
export const request = requestsTo("", { headers: HEADERS });
