import type { Hono } from "hono";
import type { Collector } from "../collector.ts";
import { collectionRoutes } from "./collections.ts";
import { openApiDocument } from "./document/document.ts";
import type { HubReport } from "./stream/hub.ts";
import { route } from "./operation.ts";
import { getDocument, getHealthReport, getStats, listAlerts, listTransitions } from "./operations.ts";

/** The routes that answer JSON, but for `/health`. @param hasToken whether a token guards them, without which nothing can be changed */
export function apiRoutes(app: Hono, collector: Collector, stream: () => HubReport, hasToken: boolean): void {
  let document: ReturnType<typeof openApiDocument> | undefined;
  collectionRoutes(app, collector, hasToken);
  route(app, getHealthReport, () => collector.health.report());
  route(app, listTransitions, ({ component, since }) => ({
    ...collector.health.historyBounds,
    transitions: collector.health.history({ ...(component === undefined ? {} : { component }), ...(since === undefined ? {} : { since }) }),
  }));
  route(app, listAlerts, ({ state }) => ({ alerts: collector.alerts(state) }));
  route(app, getStats, () => ({ ...collector.stats(), stream: stream() }));
  // Made when it is first asked for: a start need not wait for it, and what it describes stays as it is.
  route(app, getDocument, () => (document ??= openApiDocument(collector.collections(), hasToken)));
}
