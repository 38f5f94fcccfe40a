import { Loader } from "../../client/loader.ts";
import { Model, type Now } from "../../client/model.ts";
import { Polling } from "../../client/polling.ts";
import { Stream, type Connection } from "../../client/event-stream.ts";
import type { Endpoint } from "../endpoint.ts";
import { SPARK_MS, viewOf, type View } from "./view.ts";

const EVENTS = "api/v1/events?types=sample,transition,alert";

/** Follows a collector: its events, and from its API what they do not carry. */
export class Follower {
  readonly #model = new Model();
  readonly #loader: Loader;
  readonly #stream: Stream;
  readonly #polling: Polling;
  readonly #changed: () => void;
  #connection: Connection = { kind: "connecting" };
  #lostMs: number | undefined;

  /** @param changed called after each change of what `view` returns, other than by time */
  constructor({ base, defaults, request }: Endpoint, changed: () => void) {
    this.#changed = changed;
    this.#loader = new Loader(this.#model, request);
    this.#polling = new Polling(this.#loader, {
      neededRanges: () => [this.#range],
      settled: () => this.#changed(),
      signedOut: () => {
        this.#stream.close();
        this.#connected({ kind: "signed-out" });
      },
    });
    const events = {
      event: (type: string, data: unknown) => this.#receive(type, data),
      connection: (connection: Connection) => this.#connected(connection),
    };
    this.#stream = new Stream(base + EVENTS, events, defaults);
  }

  /** Follows until `close`. */
  open(): void {
    this.#stream.open();
  }

  close(): void {
    this.#stream.close();
    this.#polling.stop();
  }

  /** Reads the present state once, without following. @throws what requests throw */
  async read(): Promise<void> {
    await Promise.all([this.#loader.reports(), this.#loader.current()]);
    this.#model.setTime(now());
    await Promise.all([this.#loader.history(), this.#loader.samples(this.#range)]);
  }

  /** What is known now. */
  view(): View {
    const { wallMs, monotonicMs } = now();
    const nowMs = this.#model.timeMs({ wallMs, monotonicMs });
    this.#model.trim(nowMs);
    return viewOf(this.#model, { connection: this.#connection, lostMs: this.#lostMs, nowMs: monotonicMs }, nowMs);
  }

  get #range(): { readonly fromMs: number; readonly toMs: number } {
    const toMs = this.#model.timeMs(now());
    return { fromMs: toMs - SPARK_MS, toMs };
  }

  #receive(type: string, data: unknown): void {
    if (this.#model.receive(type, data, now())) this.#polling.reload();
    // A transition comes with new numbers of the component, which only a poll returns.
    if (type === "transition") this.#polling.pollIn(1_000);
    this.#changed();
  }

  #connected(connection: Connection): void {
    const isEnded = connection.kind === "stopped" || connection.kind === "signed-out";
    // The stream closes after it was signed out, which says why.
    if (connection.kind === "closed" && this.#connection.kind === "signed-out") return;
    this.#connection = connection;
    if (connection.kind === "open") {
      this.#lostMs = undefined;
      this.#polling.pollIn(0);
    } else if (connection.kind === "waiting" || isEnded) {
      this.#lostMs ??= performance.now();
      this.#polling.stop();
    }
    this.#changed();
  }
}

const now = (): Now => ({ wallMs: Date.now(), monotonicMs: performance.now() });
