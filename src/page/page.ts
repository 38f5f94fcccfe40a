import { ApiError, type CollectionReport } from "../client/api.ts";
import { isStale, type Range } from "../client/columns.ts";
import { byId, setText, setAttribute, inNextFrame } from "./dom.ts";
import { exportAround, save } from "./download.ts";
import { clockTime } from "./format.ts";
import { entriesOf } from "../client/event-entries.ts";
import { Loader } from "../client/loader.ts";
import { Model, type KnownTransition, type Now } from "../client/model.ts";
import { parseTimeLink, type LinkedTime, shownRange, type ViewRange } from "./view-range.ts";
import { Stream, type Connection } from "../client/event-stream.ts";
import { stored, Theme, type Choice } from "./theme.ts";
import { request } from "./request.ts";
import { after, type Cancel } from "../client/timer.ts";
import { Polling } from "../client/polling.ts";
import { CollectionSection } from "./view/collection.ts";
import { ComponentTable } from "./view/component-table.ts";
import { EventList } from "./view/event-list.ts";
import { Footer } from "./view/footer.ts";
import { Header } from "./view/header.ts";
import { Help } from "./view/help.ts";
import { Notice } from "./view/notice.ts";
import { SignIn } from "./view/sign-in.ts";
import { Incidents } from "./view/incidents.ts";

const EVENTS = "api/v1/events?types=sample,transition,alert,aggregate";

const WINDOW_KEY = "otel-vitals.window";
const DEFAULT_WINDOW = "5m";

/** How long the page shows that the collector restarted. */
const RESTART_SHOWN_MS = 60_000;

/** Connects everything: events and answers change the model, and the next frame renders it. */
export class Page {
  readonly #sections = new Map<string, CollectionSection>();
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
  readonly #incidents = new Incidents();
  readonly #components = new ComponentTable();
  readonly #events = new EventList();
  readonly #footer = new Footer();
  readonly #help = new Help();
  readonly #signIn = new SignIn(() => this.#connect());
  readonly #render = inNextFrame(() => this.#show());
  #connection: Connection = { kind: "connecting" };
  #view: ViewRange = { window: stored.get(WINDOW_KEY) ?? DEFAULT_WINDOW };
  #windows: readonly string[] = [];
  #restartedMs = Number.NEGATIVE_INFINITY;
  #tick: Cancel = () => {};

  /** Starts the page, which runs as long as the tab is open. */
  start(): void {
    this.#listen();
    this.#view = { ...this.#view, linked: parseTimeLink(location.hash) };
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
    addEventListener("hashchange", () => this.#openLink(parseTimeLink(location.hash)));
    addEventListener("keydown", (event) => this.#key(event));
    byId("pause").addEventListener("click", () => this.#pause());
    byId("theme").addEventListener("click", () => this.#theme.next());
    byId("linked-time-download").addEventListener("click", () => void this.#download());
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

  /** The window up to now, also while the view is paused, and the range around a linked time. */
  #neededRanges(): readonly Range[] {
    const { window, pausedMs, linked } = this.#view;
    const present = shownRange({ window }, this.#timeMs);
    const { fromMs } = shownRange({ window, pausedMs }, this.#timeMs);
    return [{ ...present, fromMs }, ...(linked ? [this.#range] : [])];
  }

  get #timeMs(): number {
    return this.#model.timeMs(now());
  }

  get #range(): Range {
    return shownRange(this.#view, this.#timeMs);
  }

  #choose(window: string): void {
    this.#view = { ...this.#view, window };
    stored.set(WINDOW_KEY, window);
    void this.#polling.loadSamples();
    this.#refresh();
  }

  #pause(): void {
    this.#view = { ...this.#view, pausedMs: this.#view.pausedMs === undefined ? this.#timeMs : undefined };
    this.#refresh();
  }

  #openLink(linked: LinkedTime | undefined): void {
    this.#view = { ...this.#view, linked };
    void this.#polling.loadSamples();
    this.#refresh();
    byId("main").scrollIntoView();
  }

  async #download(): Promise<void> {
    const { linked } = this.#view;
    if (!linked) return;
    const name = `otel-vitals-${new Date(linked.atMs).toISOString().replaceAll(":", "-")}.json`;
    const failure = byId("linked-time-error");
    setText(failure, "");
    try {
      save(name, await exportAround(this.#model, linked));
    } catch (error) {
      setText(failure, error instanceof ApiError ? error.message : "The collector is unreachable");
    }
  }

  #key(event: KeyboardEvent): void {
    if (!this.#help.shortcutsEnabled || event.ctrlKey || event.metaKey || event.altKey) return;
    const window = /^[1-9]$/.test(event.key) ? this.#windows[Number(event.key) - 1] : undefined;
    if (window !== undefined) this.#choose(window);
    else if (event.key === "p") this.#pause();
    else if (event.key === "t") this.#theme.next();
    else if (event.key === "?") this.#help.open();
    else return;
    event.preventDefault();
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
    this.#model.trim(this.#timeMs, this.#view.linked && this.#range);
    this.#refresh();
  }

  #refresh(): void {
    this.#render();
    this.#draw();
  }

  #show(): void {
    const { health, stats } = this.#model;
    const nowMs = this.#timeMs;
    const restarted = nowMs - this.#restartedMs < RESTART_SHOWN_MS ? clockTime(this.#restartedMs, nowMs) : undefined;
    this.#notice.update(this.#connection, performance.now(), restarted);
    this.#showHeader(nowMs);
    this.#showLinkedTime();
    this.#showCollections(this.#view.pausedMs ?? nowMs);
    if (this.#view.pausedMs !== undefined) return;
    if (health) {
      this.#incidents.update(health, nowMs);
      this.#components.update(
        health.components.map((report) => ({
          report,
          transitions: this.#transitionsOf([report.component]),
          completeSinceMs: this.#model.completeSinceMs(report.component),
          nowMs,
        })),
      );
    }
    this.#events.update(entriesOf(this.#model.transitions, this.#model.alerts), nowMs);
    if (stats) this.#footer.update(stats, this.#model.statsBefore);
  }

  #showHeader(nowMs: number): void {
    const { health, stats, lastSampleMs, shortestIntervalMs } = this.#model;
    const first = [...this.#model.collections.values()].find(({ aggregates }) => aggregates.size > 0);
    if (first) this.#windows = [...first.aggregates.values()].sort((a, b) => lengthOf(a) - lengthOf(b)).map(({ window }) => window);
    if (this.#windows.length > 0 && !this.#windows.includes(this.#view.window)) this.#choose(this.#windows[0] as string);
    const isOld = lastSampleMs !== undefined && isStale(nowMs - lastSampleMs, shortestIntervalMs);
    document.body.classList.toggle("stale-page", isOld);
    this.#header.update({
      service: stats?.identity["service"] ?? "otel-vitals",
      status: health?.status ?? "unknown",
      sinceMs: health && Date.parse(health.since),
      nowMs,
      lastSampleMs,
      isStale: isOld,
      pausedMs: this.#view.pausedMs,
      windows: this.#windows,
      window: this.#view.window,
    });
  }

  #showLinkedTime(): void {
    setAttribute(byId("linked-time"), "hidden", !this.#view.linked);
    if (!this.#view.linked) return;
    const { atMs, event } = this.#view.linked;
    const transition = this.#model.transitions.find(({ id }) => id === event);
    const change = transition ? `: ${transition.component} changed to ${transition.to}. ${transition.reason}` : "";
    setText(byId("linked-time-text"), `One minute before and after ${clockTime(atMs, this.#timeMs)}${change}`);
  }

  #showCollections(nowMs: number): void {
    for (const [name, section] of this.#sections) {
      if (this.#model.collections.has(name)) continue;
      section.remove();
      this.#sections.delete(name);
    }
    for (const [name, model] of this.#model.collections) {
      let section = this.#sections.get(name);
      if (!section) {
        section = new CollectionSection(name, this.#theme, (collection, action) => this.#control(collection, action));
        this.#sections.set(name, section);
        byId("collections").append(section.element);
      }
      const component = `collection:${name}`;
      section.update(
        {
          model,
          health: this.#model.health?.components.find((each) => each.component === component),
          transitions: this.#transitionsOf([component, `source:${model.report.source}`]),
          range: this.#range,
          window: this.#view.window,
          nowMs,
          isLive: !this.#view.linked,
          isPaused: this.#view.pausedMs !== undefined,
        },
        this.#signIn.canControl,
      );
    }
  }

  #transitionsOf(components: readonly string[]): readonly KnownTransition[] {
    return this.#model.transitions.filter(({ component }) => components.includes(component));
  }

  #draw(): void {
    for (const section of this.#sections.values()) section.draw();
  }

  #recolor(choice: Choice): void {
    setText(byId("theme"), { auto: "Auto", light: "Light", dark: "Dark" }[choice]);
    setAttribute(byId("theme"), "aria-label", `Theme: ${choice}`);
    for (const section of this.#sections.values()) section.recolor();
  }
}

const now = (): Now => ({ wallMs: Date.now(), monotonicMs: performance.now() });

const lengthOf = ({ from, to }: { readonly from: string; readonly to: string }): number => Date.parse(to) - Date.parse(from);
