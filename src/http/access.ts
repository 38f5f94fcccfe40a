import { createHash, timingSafeEqual } from "node:crypto";
import { canonicalHost, isLoopbackName } from "../base/address.ts";

/** The token that clients send, which may be replaced while the server runs. */
export class AccessToken {
  #text: string;
  #digest: Buffer;

  /** @param text empty for no token */
  constructor(text: string) {
    this.#text = text;
    this.#digest = digest(text);
  }

  /** Empty if there is none. */
  get text(): string {
    return this.#text;
  }

  /** Whether there is one. Without a token, everything may be read and nothing changed. */
  get isSet(): boolean {
    return this.#text !== "";
  }

  replace(text: string): void {
    this.#text = text;
    this.#digest = digest(text);
  }

  /** Whether a text is the token. Compares digests, which have one length: the comparison takes the same time whatever was sent. */
  matches(text: string): boolean {
    return timingSafeEqual(digest(text), this.#digest);
  }
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Names beside loopback names that a Host header may have, which may be replaced while the server runs. */
export class HostNames {
  #allowed: ReadonlySet<string> | undefined;

  /** @param names undefined for any */
  constructor(names: readonly string[] | undefined) {
    this.replace(names);
  }

  /** @param names undefined for any */
  replace(names: readonly string[] | undefined): void {
    this.#allowed = names && new Set(names.map(canonicalHost));
  }

  /** Whether a Host header may have a name, which is canonical. */
  allow(name: string): boolean {
    return !this.#allowed || isLoopbackName(name) || this.#allowed.has(name) || this.#allowed.has("*");
  }
}
