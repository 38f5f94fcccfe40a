import { ApiError, type SessionReport } from "../../client/api.ts";
import { request } from "../request.ts";
import { byId, setText, setAttribute } from "../dom.ts";

/** Exchanges the token for a session cookie. */
export class SignIn {
  readonly #dialog = byId("sign-in") as HTMLDialogElement;
  readonly #token = byId("token") as HTMLInputElement;
  readonly #error = byId("sign-in-error");
  readonly #signOut = byId("sign-out") as HTMLButtonElement;
  readonly #signedIn: () => void;
  #session: SessionReport = { tokenNeeded: false, signedIn: false };

  /** @param signedIn called after signing in */
  constructor(signedIn: () => void) {
    this.#signedIn = signedIn;
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    byId("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#signOut.addEventListener("click", () => void request("session", { method: "DELETE" }).then(() => location.reload()));
  }

  /** Whether collections can be paused here: only where a token protects the collector. */
  get canControl(): boolean {
    return this.#session.tokenNeeded;
  }

  /** Opens the dialog for the token. */
  open(): void {
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** Reads the state of the session, which also extends it. */
  async refresh(): Promise<void> {
    this.#session = await request<SessionReport>("session");
    setAttribute(this.#signOut, "hidden", !this.#session.signedIn);
  }

  async #send(): Promise<void> {
    setText(this.#error, "");
    try {
      await request("session", { method: "POST", body: JSON.stringify({ token: this.#token.value }) });
      this.#token.value = "";
      this.#dialog.close();
      this.#signedIn();
    } catch (error) {
      setText(this.#error, error instanceof ApiError ? error.message : "The collector is unreachable");
      this.#token.select();
    }
  }
}
