import type { Meter } from "@opentelemetry/api";
import { Hono, type MiddlewareHandler } from "hono";
import { systemClock, type Clock } from "../base/clock.ts";
import { Turns } from "../base/event-loop.ts";
import { diagLogger, type Logger } from "../base/logger.ts";
import type { Collector } from "../collector/collector.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../base/version.ts";
import { AccessToken, HostNames } from "./access.ts";
import { appOptions, checkOptions } from "./options.ts";
import * as badge from "./badge.ts";
import { apiRoutes, type ApiParts } from "./routes.ts";
import { ClientAddresses } from "./client-address.ts";
import { failureLog, INTERNAL } from "./failures.ts";
import { eventStream } from "./event-stream.ts";
import { bearerCheck, hostGuard, tokenGuard, type Authorized } from "./guard.ts";
import { health, livez, readyz } from "./health.ts";
import { metrics, type ScrapeText } from "./metrics.ts";
import { methodNotAllowed, rejectOtherMethods } from "./other-methods.ts";
import type { Reload } from "./reload.ts";
import { atRoot, isRoot, NOT_BUILT, Page } from "./page.ts";
import { AnswerWriter } from "./api/answer-writer.ts";
import { routePath } from "./api/operation.ts";
import { componentBadge } from "./api/operations.ts";
import { noteMount, wantsHtml } from "./api/problem-page.ts";
import { problem } from "./api/problem.ts";
import { quoted } from "../base/suggest.ts";
import { Sessions, sessionRoutes } from "./session.ts";
import { SignInAttempts } from "./sign-in-attempts.ts";
import { Hub } from "./stream/hub.ts";

/** What `createApp` takes. */
export interface AppOptions {
  /**
   * Required as `Authorization: Bearer` by everything but the probes, `/health` and `/badge.svg`, which return only a status without it. Default: no token, and
   * the API is read-only.
   */
  readonly token?: string;
  /** Names beside loopback names that a Host header may have; `*` allows any. Default: any, because the embedding program decides. */
  readonly allowedHosts?: readonly string[];
  /** Whether the badges of components need no token: everyone who may reach the server then sees the status of each. Default false. */
  readonly publicBadges?: boolean;
  /** Answers `/metrics`: a `Telemetry`'s `scrape`. Default: none, and `/metrics` returns 404. */
  readonly metrics?: ScrapeText | undefined;
  /** Maximum number of event stream clients. Default 10 000. */
  readonly maxClients?: number;
  /** Maximum number of event stream clients from one IP address. Default 100. */
  readonly maxClientsPerAddress?: number;
  /**
   * Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is trusted, such as `10.0.0.0/8`: limits by address then apply to their
   * clients. Default: none, and all clients of a proxy share one address.
   */
  readonly trustedProxies?: readonly string[];
  /** Logs internal errors with their stack, which no client sees. Default: OpenTelemetry's `diag`. */
  readonly logger?: Logger;
  /**
   * Reads the configuration again, for `POST /api/v1/reload`, which requires a token. Resolves with what `collector.reconfigure` returned,
   * or with the problems of a configuration that is wrong; a rejection with `config_invalid` or `config_unreadable` says the same in one
   * message. Default: none, and the operation returns 501.
   */
  readonly reload?: Reload;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/** The routes, relative to the path the app is mounted at. */
const LINKS = {
  live: "livez",
  ready: "readyz",
  health: "health",
  badge: "badge.svg",
  metrics: "metrics",
  collections: "api/v1/collections",
  alerts: "api/v1/alerts",
  history: "api/v1/health/history",
  stats: "api/v1/stats",
  events: "api/v1/events",
  openapi: "openapi.json",
};

/**
 * A collector as a Hono app, to be mounted in a service: `service.route("/vitals", createApp(collector))`. To serve it standalone, call
 * `serve` instead, which protects an open address; for a server of another framework, `createHandler`. Event streams end with a `bye` when the collector's shutdown begins; from then on
 * the app holds nothing of the collector.
 *
 * @throws VitalsError `config_invalid` for options of the wrong type, and for unknown ones
 */
export function createApp(collector: Collector, options: AppOptions = {}): Hono {
  checkOptions(appOptions, options, "createApp");
  return buildApp(collector, options, options.allowedHosts).app;
}

/** An app, and the end of what it holds. */
export interface BuiltApp {
  readonly app: Hono;
  /** Names that a Host header may have, and a Host header of `/metrics`. */
  readonly hosts: HostNames;
  readonly metricsHosts: HostNames;
  readonly token: AccessToken;
  /** Ends the event streams with a `bye`; their clients have to connect anew. */
  endStreams(): void;
  /** Ends the event streams with a `bye` and releases what the app holds of the collector. Idempotent. */
  close(): void;
}

/**
 * The app of `createApp`, from options that have been checked.
 *
 * @param metricsNames names that a Host header of `/metrics` may have; undefined for any
 * @param path prefix of all routes
 */
export function buildApp(collector: Collector, options: AppOptions, metricsNames: readonly string[] | undefined, path = "/"): BuiltApp {
  const { clock = systemClock, maxClients = 10_000, maxClientsPerAddress = 100 } = options;
  const { trustedProxies = [], logger = diagLogger } = options;
  const addresses = new ClientAddresses(trustedProxies);
  const failed = failureLog(logger);
  const meter: Meter = collector.meterProvider.getMeter(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
  const hub = new Hub(collector, { maxClients, maxClientsPerAddress }, clock, meter, logger);
  const [hosts, metricsHosts] = [new HostNames(options.allowedHosts), new HostNames(metricsNames)];
  const host = hostGuard(hosts);
  const token = new AccessToken(options.token ?? "");
  const hasBearer = bearerCheck(token);
  const sessions = new Sessions(token, clock);
  const isAuthorized: Authorized = (c) => !token.isSet || hasBearer(c) || sessions.allows(c);
  const authorized = tokenGuard(isAuthorized);

  const app: Hono = new Hono().basePath(path);
  app.use((c, next) => {
    noteMount(c);
    // Nothing is registered with the collector before the first request.
    hub.open();
    return next();
  });
  app.use(securityHeaders);
  app.get("/livez", livez(collector, isAuthorized));
  app.get("/readyz", readyz(collector, isAuthorized));
  app.get("/metrics", hostGuard(metricsHosts), authorized, metrics(options.metrics));
  app.get("/health", host, health(collector, isAuthorized));
  app.get("/badge.svg", host, badge.overall(collector));
  app.get(routePath(componentBadge), host, options.publicBadges ? unguarded : authorized, badge.ofComponent(collector));
  app.use("/session", host);
  app.route("/session", sessionRoutes({ sessions, token, attempts: new SignInAttempts(clock), addresses }));
  app.use("/api/*", host, authorized);
  app.use("/openapi.json", host, authorized);
  app.get(
    "/api/v1/events",
    eventStream(hub, addresses, () => collector.collections().map(({ name }) => name)),
  );
  const writer = new AnswerWriter(new Turns(), failed);
  const clientOf: ApiParts["clientOf"] = (c) => {
    const address = addresses.exact(c);
    return { access: hasBearer(c) ? "token" : "session", ...(address === undefined ? {} : { address }) };
  };
  apiRoutes({ app, writer }, { collector, stream: () => hub.report(), token, reload: options.reload, clientOf });
  const page = new Page();
  app.get("/page/:file", host, page.file());
  app.get("/runbooks/:name", host, page.runbook());
  rejectOtherMethods(app, path === "/" ? "" : path);
  app.get("/*", atRoot, host, page.index(), authorized, (c) =>
    c.json({ name: PACKAGE_NAME, version: PACKAGE_VERSION, links: LINKS, ...(wantsHtml(c) ? { page: NOT_BUILT } : {}) }),
  );
  app.all("/*", (c, next) => (isRoot(c) ? Promise.resolve(methodNotAllowed(c, ["GET", "HEAD"])) : next()));
  app.notFound((c) => problem(c, "unknown-route", `no route ${c.req.method} ${quoted(c.req.path)}; the root of the API lists the routes`));
  app.onError((error, c) => {
    failed(c, error);
    return problem(c, "internal", INTERNAL);
  });
  return { app, hosts, metricsHosts, token, endStreams: () => hub.dismiss(), close: () => hub.close() };
}

const unguarded: MiddlewareHandler = (_, next) => next();

const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  // The event stream has already sent its own headers.
  if (c.res.headers.has("x-hono-already-sent")) return;
  c.header("x-content-type-options", "nosniff");
  c.header("referrer-policy", "no-referrer");
};
