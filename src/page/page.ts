import { ApiError, ask, type CollectionReport } from "./api.ts";
import { isSilent, type Range } from "./columns.ts";
import { byId, say, set, inNextFrame } from "./dom.ts";
import { momentFile, save } from "./download.ts";
import { clockTime } from "./format.ts";
import { happeningsOf } from "./happenings.ts";
import { Loader } from "./loader.ts";
import { Model, type KnownTransition, type Now } from "./model.ts";
import { parseMoment, type Moment, rangeInSight, type Sight } from "./view-range.ts";
import { Stream, type Connection } from "./stream.ts";
import { stored, Theme, type Choice } from "./theme.ts";
import { after, type Cancel } from "./timer.ts";
import { Upkeep } from "./polling.ts";
import { CollectionSection } from "./view/collection.ts";
import { ComponentTable } from "./view/component-table.ts";
import { EventList } from "./view/event-list.ts";
import { Foot } from "./view/footer.ts";
import { Head } from "./view/head.ts";
import { Help } from "./view/help.ts";
import { Notice } from "./view/notice.ts";
import { SignIn } from "./view/sign-in.ts";
import { Trouble } from "./view/incidents.ts";

const EVENTS = "api/v1/events?types=sample,transition,alert,aggregate";

const WINDOW_KEY = "otel-vitals.window";
const DEFAULT_WINDOW = "5m";

/** For so long a restart of the collector is news. */
const RESTART_TOLD_MS = 60_000;

/** Puts everything together: what comes in changes the model, and the next frame shows it. */
export class Page {
  readonly #sections = new Map<string, CollectionSection>();
  readonly #model = new Model();
  readonly #upkeep = new Upkeep(new Loader(this.#model), {
    wanted: () => this.#wanted(),
    settled: () => this.#settled(),
    signedOut: () => {
      this.#stop();
      this.#connected({ kind: "signed-out" });
    },
  });
  readonly #stream = new Stream(EVENTS, { event: (type, data) => this.#take(type, data), connection: (now) => this.#connected(now) });
  readonly #theme = new Theme((choice) => this.#recolor(choice));
  readonly #head = new Head((window) => this.#choose(window));
  readonly #notice = new Notice(() => this.#stream.retryNow());
  readonly #trouble = new Trouble();
  readonly #components = new ComponentTable();
  readonly #events = new EventList();
  readonly #foot = new Foot();
  readonly #help = new Help();
  readonly #signIn = new SignIn(() => this.#start());
  readonly #render = inNextFrame(() => this.#show());
  #connection: Connection = { kind: "connecting" };
  #sight: Sight = { window: stored.get(WINDOW_KEY) ?? DEFAULT_WINDOW };
  #windows: readonly string[] = [];
  #restartedMs = Number.NEGATIVE_INFINITY;
  #tick: Cancel = () => {};

  /** Begins; the page lives as long as the tab. */
  begin(): void {
    this.#listen();
    this.#sight = { ...this.#sight, moment: parseMoment(location.hash) };
    this.#start();
  }

  #start(): void {
    void this.#signIn.look().catch(() => undefined);
    if (document.visibilityState === "hidden") return;
    this.#stream.open();
    this.#everySecond();
  }

  #stop(): void {
    this.#stream.close();
    this.#tick();
    this.#upkeep.stop();
  }

  #listen(): void {
    document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? this.#stop() : this.#start()));
    addEventListener("hashchange", () => this.#go(parseMoment(location.hash)));
    addEventListener("keydown", (event) => this.#key(event));
    byId("pause").addEventListener("click", () => this.#pause());
    byId("theme").addEventListener("click", () => this.#theme.next());
    byId("moment-download").addEventListener("click", () => void this.#download());
    new ResizeObserver(() => this.#draw()).observe(byId("collections"));
  }

  #take(type: string, data: unknown): void {
    const { restarts } = this.#model;
    if (this.#model.take(type, data, now())) this.#upkeep.begin();
    if (this.#model.restarts > restarts) this.#restartedMs = this.#timeMs;
    // The components' numbers change with a transition; ask while it is news.
    if (type === "transition") this.#upkeep.soon(1_000);
    this.#render();
  }

  #connected(connection: Connection): void {
    this.#connection = connection;
    if (connection.kind === "open") this.#upkeep.soon(0);
    if (connection.kind === "signed-out") this.#signIn.open();
    this.#render();
  }

  #settled(): void {
    document.body.classList.toggle("waiting", !this.#model.health);
    this.#refresh();
  }

  /** What samples are needed of: the window up to now, also while the view is held still, and what is shown instead of it. */
  #wanted(): readonly Range[] {
    const { window, pausedMs, moment } = this.#sight;
    const present = rangeInSight({ window }, this.#timeMs);
    const { fromMs } = rangeInSight({ window, pausedMs }, this.#timeMs);
    return [{ ...present, fromMs }, ...(moment ? [this.#range] : [])];
  }

  get #timeMs(): number {
    return this.#model.timeMs(now());
  }

  get #range(): Range {
    return rangeInSight(this.#sight, this.#timeMs);
  }

  #choose(window: string): void {
    this.#sight = { ...this.#sight, window };
    stored.set(WINDOW_KEY, window);
    void this.#upkeep.see();
    this.#refresh();
  }

  #pause(): void {
    this.#sight = { ...this.#sight, pausedMs: this.#sight.pausedMs === undefined ? this.#timeMs : undefined };
    this.#refresh();
  }

  #go(moment: Moment | undefined): void {
    this.#sight = { ...this.#sight, moment };
    void this.#upkeep.see();
    this.#refresh();
    byId("main").scrollIntoView();
  }

  async #download(): Promise<void> {
    const { moment } = this.#sight;
    if (!moment) return;
    const name = `otel-vitals-${new Date(moment.atMs).toISOString().replaceAll(":", "-")}.json`;
    const wrong = byId("moment-wrong");
    say(wrong, "");
    try {
      save(name, await momentFile(this.#model, moment));
    } catch (error) {
      say(wrong, error instanceof ApiError ? error.message : "The collector cannot be reached");
    }
  }

  #key(event: KeyboardEvent): void {
    if (!this.#help.keysAct || event.ctrlKey || event.metaKey || event.altKey) return;
    const window = /^[1-9]$/.test(event.key) ? this.#windows[Number(event.key) - 1] : undefined;
    if (window !== undefined) this.#choose(window);
    else if (event.key === "p") this.#pause();
    else if (event.key === "t") this.#theme.next();
    else if (event.key === "?") this.#help.open();
    else return;
    event.preventDefault();
  }

  #change(collection: string, act: "pause" | "resume"): void {
    const path = `api/v1/collections/${encodeURIComponent(collection)}/${act}`;
    ask<CollectionReport>(path, { method: "POST" })
      .then((report) =>
        this.#model.takeReports(
          [...this.#model.collections.values()].map((each) => (each.report.name === collection ? report : each.report)),
        ),
      )
      .catch(() => undefined)
      .finally(() => this.#upkeep.soon(0));
  }

  /** Time passes also when nothing comes: freshness, silence, and the charts move on. */
  #everySecond(): void {
    this.#tick();
    this.#tick = after(1_000, () => this.#everySecond());
    this.#model.trim(this.#timeMs);
    this.#refresh();
  }

  #refresh(): void {
    this.#render();
    this.#draw();
  }

  #show(): void {
    const { health, stats } = this.#model;
    const nowMs = this.#timeMs;
    const restarted = nowMs - this.#restartedMs < RESTART_TOLD_MS ? clockTime(this.#restartedMs, nowMs) : undefined;
    this.#notice.update(this.#connection, performance.now(), restarted);
    this.#showHead(nowMs);
    this.#showMoment();
    this.#showCollections(this.#sight.pausedMs ?? nowMs);
    if (this.#sight.pausedMs !== undefined) return;
    if (health) {
      this.#trouble.update(health, nowMs);
      this.#components.update(
        health.components.map((report) => ({
          report,
          transitions: this.#transitionsOf([report.component]),
          completeSinceMs: this.#model.completeSinceMs(report.component),
          nowMs,
        })),
      );
    }
    this.#events.update(happeningsOf(this.#model.transitions, this.#model.alerts), nowMs);
    if (stats) this.#foot.update(stats, this.#model.statsBefore);
  }

  #showHead(nowMs: number): void {
    const { health, stats, lastSampleMs, shortestIntervalMs } = this.#model;
    const first = [...this.#model.collections.values()].find(({ aggregates }) => aggregates.size > 0);
    if (first) this.#windows = [...first.aggregates.values()].sort((a, b) => lengthOf(a) - lengthOf(b)).map(({ window }) => window);
    if (this.#windows.length > 0 && !this.#windows.includes(this.#sight.window)) this.#choose(this.#windows[0] as string);
    const isOld = lastSampleMs !== undefined && isSilent(nowMs - lastSampleMs, shortestIntervalMs);
    document.body.classList.toggle("silent", isOld);
    this.#head.update({
      service: stats?.identity["service"] ?? "otel-vitals",
      status: health?.status ?? "unknown",
      sinceMs: health && Date.parse(health.since),
      nowMs,
      lastSampleMs,
      isSilent: isOld,
      pausedMs: this.#sight.pausedMs,
      windows: this.#windows,
      window: this.#sight.window,
    });
  }

  #showMoment(): void {
    set(byId("moment"), "hidden", !this.#sight.moment);
    if (!this.#sight.moment) return;
    const { atMs, event } = this.#sight.moment;
    const transition = this.#model.transitions.find(({ id }) => id === event);
    const what = transition ? `: ${transition.component} became ${transition.to}. ${transition.reason}` : "";
    say(byId("moment-text"), `The minute before and after ${clockTime(atMs, this.#timeMs)}${what}`);
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
        section = new CollectionSection(name, this.#theme, (collection, act) => this.#change(collection, act));
        this.#sections.set(name, section);
        byId("collections").append(section.element);
      }
      const component = `collection:${name}`;
      section.update(
        {
          model,
          health: this.#model.health?.components.find((each) => each.component === component),
          transitions: this.#transitionsOf([component, `source:${model.report.source}`, `buffer:${name}`]),
          range: this.#range,
          window: this.#sight.window,
          nowMs,
          isLive: !this.#sight.moment,
          isHeld: this.#sight.pausedMs !== undefined,
        },
        this.#signIn.mayChange,
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
    say(byId("theme"), { auto: "Auto", light: "Light", dark: "Dark" }[choice]);
    set(byId("theme"), "aria-label", `Theme: ${choice}`);
    for (const section of this.#sections.values()) section.recolor();
  }
}

const now = (): Now => ({ wallMs: Date.now(), monotonicMs: performance.now() });

const lengthOf = ({ from, to }: { readonly from: string; readonly to: string }): number => Date.parse(to) - Date.parse(from);
