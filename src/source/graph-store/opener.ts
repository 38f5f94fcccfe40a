import { isVitalsError, type VitalsError } from "../../base/errors.ts";
import type { ConnectionSettings } from "../../store/connection.ts";
import type { Store } from "../../store/store.ts";

/** How long a password that the server refused is not sent again. Milliseconds. */
const REFUSED_MS = 60_000;

/**
 * Opens connections to a store. A password that was refused is not sent again at each reading: after a few wrong ones a server locks the
 * user for some seconds, and with it the programs that know the right one.
 */
export class Opener {
  readonly #connection: () => Promise<ConnectionSettings>;
  readonly #connect: (settings: ConnectionSettings, signal: AbortSignal) => Promise<Store>;
  readonly #monotonicMs: () => number;
  #refused: { readonly password: string; readonly untilMs: number; readonly error: VitalsError } | undefined;

  constructor(
    connection: () => Promise<ConnectionSettings>,
    connect: (settings: ConnectionSettings, signal: AbortSignal) => Promise<Store>,
    monotonicMs: () => number,
  ) {
    this.#connection = connection;
    this.#connect = connect;
    this.#monotonicMs = monotonicMs;
  }

  /** @throws the error of the previous attempt, while the password is the same and was refused less than a minute ago; that of the connection */
  async open(signal: AbortSignal): Promise<Store> {
    const settings = await this.#connection();
    const refused = this.#refused;
    if (refused?.password === settings.password && this.#monotonicMs() < refused.untilMs) throw refused.error;
    try {
      return await this.#connect(settings, signal);
    } catch (error) {
      if (isVitalsError(error) && error.errorType === "unauthorized")
        this.#refused = { password: settings.password, untilMs: this.#monotonicMs() + REFUSED_MS, error };
      throw error;
    }
  }
}
