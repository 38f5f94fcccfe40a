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
  #isDisposed = false;

  constructor(connect: (signal: AbortSignal) => Promise<Store>) {
    this.#connect = connect;
  }

  /** Runs `work` with the connection, after those that were asked for before. Rejects when the signal aborts. */
  use<T>(work: (store: Store) => Promise<T>, signal: AbortSignal): Promise<T> {
    const turn = this.#turn.then(() => this.#use(work, signal));
    this.#turn = turn.catch(() => undefined);
    return untilAborted(turn, signal);
  }

  async #use<T>(work: (store: Store) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#isDisposed) throw new VitalsError("lifecycle", "the store is closed");
    try {
      return await work((this.#store ??= await this.#connect(signal)));
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#drop();
  }
}
