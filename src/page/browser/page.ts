import { ApiError, ask } from "./api.ts";
import { isSilent, type Range } from "./columns.ts";
import { byId, say, set } from "./dom.ts";
import { momentFile, save } from "./download.ts";
import { clockTime } from "./format.ts";
import { happeningsOf } from "./happenings.ts";
import { Loader } from "./loader.ts";
import { Model, type KnownTransition, type Now } from "./model.ts";
import { AROUND_MS, parseMoment, type Moment } from "./moment.ts";
import { Stream, type Connection } from "./stream.ts";
import { stored, Theme, type Choice } from "./theme.ts";
import { inNextFrame } from "./next-frame.ts";
import { after, type Cancel } from "./timer.ts";
import { CollectionSection } from "./view/collection.ts";
import { ComponentTable } from "./view/component-table.ts";
import { EventList } from "./view/event-list.ts";
import { Foot } from "./view/foot.ts";
import { Head } from "./view/head.ts";
import { Help } from "./view/help.ts";
import { Notice } from "./view/notice.ts";
import { SignIn } from "./view/sign-in.ts";
import { Trouble } from "./view/trouble.ts";
import type { CollectionReport } from "./wire.ts";

const EVENTS = "api/v1/events?types=sample,transition,alert,aggregate";

const WINDOW_KEY = "otel-vitals.window";
const DEFAULT_WINDOW = "5m";

/** How often what the stream does not tell is asked for; reports of collections each third time. */
const ASK_MS = 5_000;
const REPORTS_EVERY = 3;

/** For so long a restart of the collector is news. */
const RESTART_TOLD_MS = 60_000;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Puts everything together: what comes in changes the model, and the next frame shows it. */
export class Page {
  readonly #sections = new Map<string, CollectionSection>();
  readonly #model = new Model();
  readonly #loader = new Loader(this.#model);
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
  #window = stored.get(WINDOW_KEY) ?? DEFAULT_WINDOW;
  #windows: readonly string[] = [];
  #moment: Moment | undefined;
  #pausedMs: number | undefined;
  /** From here on every sample is here. */
  #loadedFromMs = Number.POSITIVE_INFINITY;
  /** Whether the past has to be asked for. */
  #isFresh = false;
  #restartedMs = Number.NEGATIVE_INFINITY;
  #asked = 0;
  #tick: Cancel = () => {};
  #nextAsk: Cancel = () => {};

  /** Begins; the page lives as long as the tab. */
  begin(): void {
    this.#listen();
    this.#moment = parseMoment(location.hash);
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
    this.#nextAsk();
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
    if (this.#model.take(type, data, now())) {
      this.#isFresh = true;
      this.#ask();
    }
    if (this.#model.restarts > restarts) this.#restartedMs = this.#timeMs;
    // The components' numbers change with a transition; ask while it is news.
    if (type === "transition") this.#askSoon(1_000);
    this.#render();
  }

  #connected(connection: Connection): void {
    this.#connection = connection;
    if (connection.kind === "open") this.#askSoon(0);
    if (connection.kind === "signed-out") this.#signIn.open();
    this.#render();
  }

  #askSoon(ms: number): void {
    this.#nextAsk();
    this.#nextAsk = after(ms, () => this.#ask());
  }

  /** Asks for what the stream does not tell, now and from time to time. */
  #ask(): void {
    this.#askSoon(ASK_MS);
    void this.#load()
      .catch((error: unknown) => {
        // Anything else is told by the stream, or asked for again.
        if (error instanceof ApiError && error.status === 401) {
          this.#stop();
          this.#connected({ kind: "signed-out" });
        }
      })
      .finally(() => {
        document.body.classList.toggle("waiting", !this.#model.health);
        this.#render();
      });
  }

  async #load(): Promise<void> {
    const { bootId } = this.#model;
    if (bootId === "") return;
    this.#asked += 1;
    await this.#loader.present();
    if (this.#asked % REPORTS_EVERY === 0) await this.#loader.reports();
    if (!this.#isFresh) return;
    this.#loadedFromMs = Number.POSITIVE_INFINITY;
    await Promise.all([this.#loader.past(), this.#loadSamples()]);
    this.#isFresh = this.#model.bootId !== bootId;
    this.#draw();
  }

  /** Sees to it that every sample of the range that is shown is here. */
  async #loadSamples(): Promise<void> {
    const live = { fromMs: this.#timeMs - this.#windowMs, toMs: this.#timeMs + AROUND_MS };
    if (live.fromMs < this.#loadedFromMs) {
      await this.#loader.samples({ ...live, fromMs: live.fromMs - AROUND_MS });
      this.#loadedFromMs = live.fromMs;
    }
    if (this.#moment && this.#range.fromMs < this.#loadedFromMs) await this.#loader.samples(this.#range);
  }

  get #timeMs(): number {
    return this.#model.timeMs(now());
  }

  get #windowMs(): number {
    const [, count = "5", unit = "m"] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(this.#window) ?? [];
    return Number(count) * (UNITS[unit] ?? 60_000);
  }

  /** What charts show. */
  get #range(): Range {
    if (this.#moment) return { fromMs: this.#moment.atMs - AROUND_MS, toMs: this.#moment.atMs + AROUND_MS };
    const toMs = this.#pausedMs ?? this.#timeMs;
    return { fromMs: toMs - this.#windowMs, toMs };
  }

  #choose(window: string): void {
    this.#window = window;
    stored.set(WINDOW_KEY, window);
    void this.#loadSamples()
      .catch(() => undefined)
      .finally(() => this.#refresh());
    this.#refresh();
  }

  #pause(): void {
    this.#pausedMs = this.#pausedMs === undefined ? this.#timeMs : undefined;
    this.#refresh();
  }

  #go(moment: Moment | undefined): void {
    this.#moment = moment;
    void this.#loadSamples()
      .catch(() => undefined)
      .finally(() => this.#refresh());
    this.#refresh();
    byId("main").scrollIntoView();
  }

  async #download(): Promise<void> {
    const moment = this.#moment;
    if (!moment) return;
    const name = `otel-vitals-${new Date(moment.atMs).toISOString().replaceAll(":", "-")}.json`;
    try {
      save(name, await momentFile(this.#model, moment));
    } catch (error) {
      say(
        byId("moment-text"),
        `The moment could not be had: ${error instanceof ApiError ? error.message : "the collector cannot be reached"}`,
      );
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
      .finally(() => this.#ask());
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
    this.#showCollections(this.#pausedMs ?? nowMs);
    if (this.#pausedMs !== undefined) return;
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
    if (this.#windows.length > 0 && !this.#windows.includes(this.#window)) this.#choose(this.#windows[0] as string);
    const isOld = lastSampleMs !== undefined && isSilent(nowMs - lastSampleMs, shortestIntervalMs);
    document.body.classList.toggle("silent", isOld);
    this.#head.update({
      service: stats?.identity["service"] ?? "otel-vitals",
      status: health?.status ?? "unknown",
      sinceMs: health && Date.parse(health.since),
      nowMs,
      lastSampleMs,
      isSilent: isOld,
      pausedMs: this.#pausedMs,
      windows: this.#windows,
      window: this.#window,
    });
  }

  #showMoment(): void {
    set(byId("moment"), "hidden", !this.#moment);
    if (!this.#moment) return;
    const { atMs, event } = this.#moment;
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
          window: this.#window,
          nowMs,
          isLive: !this.#moment,
          isHeld: this.#pausedMs !== undefined,
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
