import { ApiError, ask, type SessionReport } from "../api.ts";
import { byId, say, set } from "../dom.ts";

/** Trades the token for a cookie. */
export class SignIn {
  readonly #dialog = byId("sign-in") as HTMLDialogElement;
  readonly #token = byId("token") as HTMLInputElement;
  readonly #wrong = byId("sign-in-wrong");
  readonly #signOut = byId("sign-out") as HTMLButtonElement;
  readonly #signedIn: () => void;
  #session: SessionReport = { tokenNeeded: false, signedIn: false };

  /** @param signedIn called when it is worth asking again */
  constructor(signedIn: () => void) {
    this.#signedIn = signedIn;
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    byId("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#signOut.addEventListener("click", () => void ask("api/v1/session", { method: "DELETE" }).then(() => location.reload()));
  }

  /** Whether collections can be paused from here. */
  get mayChange(): boolean {
    return this.#session.tokenNeeded;
  }

  /** Asks for the token. */
  open(): void {
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** Looks what the collector thinks; also lets the session last longer. */
  async look(): Promise<void> {
    this.#session = await ask<SessionReport>("api/v1/session");
    set(this.#signOut, "hidden", !this.#session.signedIn);
  }

  async #send(): Promise<void> {
    say(this.#wrong, "");
    try {
      await ask("api/v1/session", { method: "POST", body: JSON.stringify({ token: this.#token.value }) });
      this.#token.value = "";
      this.#dialog.close();
      this.#signedIn();
    } catch (error) {
      say(this.#wrong, error instanceof ApiError ? error.message : "The collector cannot be reached");
      this.#token.select();
    }
  }
}
