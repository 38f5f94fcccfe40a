import { untilAborted } from "../../base/deadline.ts";
import { VitalsError } from "../../base/errors.ts";
import { endsConnection } from "./task.ts";
import type { Store } from "../../store/store.ts";

/**
 * The connection for queries that take little time. Its users take turns. It is opened when it is needed, and opened again after the server
 * or the connection failed.
 */
export class Lane implements AsyncDisposable {
  readonly #connect: (signal: AbortSignal) => Promise<Store>;
  #store: Store | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(connect: (signal: AbortSignal) => Promise<Store>) {
    this.#connect = connect;
  }

  /** Runs `work` with the connection, after those that were asked for before. Rejects when the signal aborts. */
  use<T>(work: (store: Store, signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    const turn = this.#turn.then(() => this.#use(work, ending));
    this.#turn = turn.catch(() => undefined);
    return untilAborted(turn, ending);
  }

  async #use<T>(work: (store: Store, signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    // A server closes idle connections.
    if (this.#store?.isOpen === false) await this.#drop();
    try {
      return await work((this.#store ??= await this.#connect(signal)), signal);
    } catch (error) {
      // What an aborted query left on the connection is not known.
      if (signal.aborted || endsConnection(error)) await this.#drop();
      throw error;
    }
  }

  async #drop(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.[Symbol.asyncDispose]();
  }

  /** Ends what is in progress, and closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new VitalsError("lifecycle", "the store is closed"));
    await this.#turn;
    await this.#drop();
  }
}
