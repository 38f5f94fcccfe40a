import { linkTo, parseAddress, type Address } from "./address.ts";
import type { CollectionReport } from "../client/api.ts";
import { request } from "./request.ts";
import { isStale, type Range } from "../client/columns.ts";
import { byId, inNextFrame, setAttribute, setText } from "./dom.ts";
import { clockTime } from "../client/times.ts";
import { Loader } from "../client/loader.ts";
import { Model, type Now } from "../client/model.ts";
import { overviewOf, type Overview } from "./overview.ts";
import { shownRange, type ViewRange } from "./view-range.ts";
import { Stream, type Connection } from "../client/event-stream.ts";
import { stored, Theme, type Choice } from "./theme.ts";
import { after, type Cancel } from "../client/timer.ts";
import { Polling } from "../client/polling.ts";
import { Collections } from "./view/collections.ts";
import { Footer } from "./view/footer.ts";
import { Header } from "./view/header.ts";
import { HealthPanels } from "./view/health-panels.ts";
import { Help } from "./view/help.ts";
import { MemoryMapSection } from "./view/memory-map.ts";
import { Notice } from "./view/notice.ts";
import { RangeBar } from "./view/range-bar.ts";
import { SignIn } from "./view/sign-in.ts";

const EVENTS = "api/v1/events?types=sample,transition,alert,aggregate";

const WINDOW_KEY = "otel-vitals.window";
const DEFAULT_WINDOW = "5m";

/** How long the page shows that the collector restarted. */
const RESTART_SHOWN_MS = 60_000;

/** Connects everything: events and answers change the model, and the next frame renders it. */
export class Page {
  readonly #model = new Model();
  readonly #polling = new Polling(new Loader(this.#model, request), {
    neededRanges: () => this.#neededRanges(),
    settled: () => this.#settled(),
    signedOut: () => {
      this.#disconnect();
      this.#connected({ kind: "signed-out" });
    },
  });
  readonly #stream = new Stream(EVENTS, { event: (type, data) => this.#receive(type, data), connection: (now) => this.#connected(now) });
  readonly #theme = new Theme((choice) => this.#recolor(choice));
  readonly #header = new Header((window) => this.#choose(window));
  readonly #notice = new Notice(() => this.#stream.retryNow());
  readonly #health = new HealthPanels(this.#model);
  readonly #footer = new Footer();
  readonly #map = new MemoryMapSection();
  readonly #rangeBar = new RangeBar(this.#model, (range) => this.#navigate({ ...this.#address, linked: undefined, range }, true));
  readonly #collections = new Collections(
    this.#theme,
    (collection, action) => this.#control(collection, action),
    (address, isNew) => this.#navigate(address, isNew),
  );
  readonly #help = new Help();
  readonly #signIn = new SignIn(() => this.#connect());
  readonly #render = inNextFrame(() => this.#show());
  /** Charts are drawn after what they show is updated, in the same frame. */
  readonly #refresh = inNextFrame(() => {
    this.#show();
    this.#draw();
  });
  #connection: Connection = { kind: "connecting" };
  #address: Address = {};
  #window = stored.get(WINDOW_KEY) ?? DEFAULT_WINDOW;
  #pausedMs: number | undefined;
  #windows: readonly string[] = [];
  #restartedMs = Number.NEGATIVE_INFINITY;
  #tick: Cancel = () => {};

  /** Starts the page, which runs as long as the tab is open. */
  start(): void {
    this.#listen();
    this.#address = parseAddress(location.hash);
    this.#recolor(this.#theme.choice);
    this.#connect();
  }

  #connect(): void {
    void this.#signIn.refresh().catch(() => undefined);
    if (document.visibilityState === "hidden") return;
    this.#stream.open();
    this.#everySecond();
  }

  #disconnect(): void {
    this.#stream.close();
    this.#tick();
    this.#polling.stop();
  }

  #listen(): void {
    document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? this.#disconnect() : this.#connect()));
    addEventListener("hashchange", () => this.#openAddress(parseAddress(location.hash)));
    addEventListener("beforeprint", () => {
      this.#theme.print(true);
      this.#collections.drawAll();
    });
    addEventListener("afterprint", () => this.#theme.print(false));
    this.#help.listen({
      p: () => this.#pause(),
      t: () => this.#theme.next(),
      "1-9": (digit) => {
        const window = this.#windows[digit - 1];
        if (window !== undefined) this.#choose(window);
      },
    });
    byId("pause").addEventListener("click", () => this.#pause());
    byId("theme").addEventListener("click", () => this.#theme.next());
    new ResizeObserver(() => this.#draw()).observe(byId("collections"));
  }

  #receive(type: string, data: unknown): void {
    const { restarts } = this.#model;
    if (this.#model.receive(type, data, now())) this.#polling.reload();
    if (this.#model.restarts > restarts) this.#restartedMs = this.#timeMs;
    // A transition comes with new numbers of the component, which only a poll returns.
    if (type === "transition") this.#polling.pollIn(1_000);
    this.#render();
  }

  #connected(connection: Connection): void {
    this.#connection = connection;
    // Without the stream the page is out of date, whatever a poll returns.
    if (connection.kind === "open") this.#polling.pollIn(0);
    else if (connection.kind === "waiting" || connection.kind === "stopped") this.#polling.stop();
    if (connection.kind === "signed-out") this.#signIn.open();
    this.#render();
  }

  #settled(): void {
    document.body.classList.toggle("waiting", !this.#model.health);
    this.#refresh();
  }

  /** The window up to now, also while the view is paused, and the range in the past that is shown. */
  #neededRanges(): readonly Range[] {
    const { window, pausedMs } = this.#view;
    const present = shownRange({ window }, this.#timeMs);
    const { fromMs } = shownRange({ window, pausedMs }, this.#timeMs);
    return [{ ...present, fromMs }, ...(this.#isPast ? [this.#range] : [])];
  }

  get #view(): ViewRange {
    const { linked, range } = this.#address;
    return { window: this.#window, pausedMs: this.#pausedMs, linked, range };
  }

  /** Whether the page shows a time in the past. */
  get #isPast(): boolean {
    return this.#address.linked !== undefined || this.#address.range !== undefined;
  }

  get #timeMs(): number {
    return this.#model.timeMs(now());
  }

  get #range(): Range {
    return shownRange(this.#view, this.#timeMs);
  }

  #choose(window: string): void {
    this.#window = window;
    stored.set(WINDOW_KEY, window);
    void this.#polling.loadSamples();
    this.#refresh();
  }

  #pause(): void {
    this.#pausedMs = this.#pausedMs === undefined ? this.#timeMs : undefined;
    this.#refresh();
  }

  /** Opens an address; one that is not new replaces the present one in the browser's history. */
  #navigate(address: Address, isNew: boolean): void {
    if (isNew) location.hash = linkTo(address);
    else {
      history.replaceState(undefined, "", linkTo(address));
      this.#openAddress(address);
    }
  }

  #openAddress(address: Address): void {
    const before = this.#address;
    this.#address = address;
    void this.#polling.loadSamples();
    this.#refresh();
    const isOther = address.linked?.atMs !== before.linked?.atMs || address.linked?.event !== before.linked?.event;
    if (isOther || (before.collection !== undefined && address.collection === undefined)) byId("main").scrollIntoView();
  }

  #control(collection: string, action: "pause" | "resume"): void {
    const path = `api/v1/collections/${encodeURIComponent(collection)}/${action}`;
    request<CollectionReport>(path, { method: "POST" })
      .then((report) =>
        this.#model.setReports(
          [...this.#model.collections.values()].map((each) => (each.report.name === collection ? report : each.report)),
        ),
      )
      .catch(() => undefined)
      .finally(() => this.#polling.pollIn(0));
  }

  /** Ages, stale marks and charts change every second, also without events. */
  #everySecond(): void {
    this.#tick();
    this.#tick = after(1_000, () => this.#everySecond());
    this.#model.trim(this.#timeMs, this.#isPast ? this.#range : undefined);
    this.#refresh();
  }

  #show(): void {
    const { health, stats } = this.#model;
    const nowMs = this.#timeMs;
    const restarted = nowMs - this.#restartedMs < RESTART_SHOWN_MS ? clockTime(this.#restartedMs, nowMs) : undefined;
    this.#notice.update(this.#connection, performance.now(), restarted);
    const overview = this.#overview(nowMs);
    this.#showHeader(overview, nowMs);
    this.#rangeBar.update(this.#view, nowMs, linkTo({ ...this.#address, linked: undefined, range: undefined }));
    this.#showCollections(this.#pausedMs ?? nowMs);
    if (this.#pausedMs !== undefined) return;
    if (health) this.#health.update(overview, nowMs);
    if (stats) this.#footer.update(stats, this.#model.statsBefore);
  }

  #overview(nowMs: number): Overview {
    const { health, stats, lastSampleMs, shortestIntervalMs } = this.#model;
    const isOld = lastSampleMs !== undefined && isStale(nowMs - lastSampleMs, shortestIntervalMs);
    return overviewOf({ health, connection: this.#connection.kind, isStale: isOld, lifecycle: stats?.lifecycle });
  }

  #showHeader(overview: Overview, nowMs: number): void {
    const { health, stats, lastSampleMs, shortestIntervalMs } = this.#model;
    const first = [...this.#model.collections.values()].find(({ aggregates }) => aggregates.size > 0);
    if (first) this.#windows = [...first.aggregates.values()].sort((a, b) => lengthOf(a) - lengthOf(b)).map(({ window }) => window);
    if (this.#windows.length > 0 && !this.#windows.includes(this.#window)) this.#choose(this.#windows[0] as string);
    const isOld = lastSampleMs !== undefined && isStale(nowMs - lastSampleMs, shortestIntervalMs);
    document.body.classList.toggle("stale-page", health !== undefined && !overview.isCurrent);
    this.#header.update({
      service: stats?.identity["service"] ?? "otel-vitals",
      overview,
      known: health?.status ?? "unknown",
      sinceMs: health && Date.parse(health.since),
      nowMs,
      lastSampleMs,
      isStale: isOld,
      pausedMs: this.#pausedMs,
      windows: this.#windows,
      window: this.#window,
    });
  }

  #showCollections(nowMs: number): void {
    const { health, collections } = this.#model;
    const all = [...collections].map(([name, model]) => {
      const component = `collection:${name}`;
      const report = health?.components.find((each) => each.component === component);
      const transitions = this.#model.transitionsOf([component, `source:${model.report.source}`]);
      return { model, health: report, transitions, status: report?.status ?? "unknown" };
    });
    const { window } = this.#view;
    const shared = { range: this.#range, window, nowMs, isLive: !this.#isPast, isPaused: this.#pausedMs !== undefined };
    this.#map.update({ collections: [...collections.values()], collection: this.#address.collection, range: this.#range });
    this.#collections.update({ all, address: this.#address, shared, canControl: this.#signIn.canControl });
  }

  #draw(): void {
    this.#collections.draw();
  }

  #recolor(choice: Choice): void {
    setText(byId("theme"), { auto: "Auto", light: "Light", dark: "Dark" }[choice]);
    setAttribute(byId("theme"), "aria-label", `Theme: ${choice}`);
    this.#collections.recolor();
  }
}

const now = (): Now => ({ wallMs: Date.now(), monotonicMs: performance.now() });

const lengthOf = ({ from, to }: { readonly from: string; readonly to: string }): number => Date.parse(to) - Date.parse(from);
