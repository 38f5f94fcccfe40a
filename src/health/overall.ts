import type { Component } from "./component.ts";
import type { SavedStatus } from "./saved.ts";
import { compareStatus, worstStatus, type Status } from "./status.ts";

/** Name under which the overall status is reported. */
export const OVERALL = "overall";

/** A change of the overall status. */
export interface OverallChange {
  readonly from: Status;
  readonly to: Status;
  readonly reason: string;
}

/** The worst status of the components that affect it. It repeats what they report, so it raises no alert of its own. */
export class OverallStatus {
  #status: Status = "unknown";
  #reason = "not evaluated yet";
  #sinceMs: number;
  #wasKnown = false;

  /** @param wallMs time of its creation */
  constructor(wallMs: number) {
    this.#sinceMs = wallMs;
  }

  get status(): Status {
    return this.#status;
  }

  get reason(): string {
    return this.#reason;
  }

  /** When it entered its status, in milliseconds since 1970. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  save(): SavedStatus {
    return { status: this.#status, reason: this.#reason, sinceMs: this.#sinceMs, wasKnown: this.#wasKnown };
  }

  /** Continues from what was saved. */
  restore({ status, reason, sinceMs, wasKnown }: SavedStatus): void {
    [this.#status, this.#reason, this.#sinceMs, this.#wasKnown] = [status, reason, sinceMs, wasKnown];
  }

  /** Takes over what the components report; the change, if there is one. That everything is healthy at first is none. */
  update(components: Iterable<Component>, wallMs: number): OverallChange | undefined {
    const from = this.#status;
    const { status, reason } = findingOf(components);
    if (status !== from) this.#sinceMs = wallMs;
    this.#status = status;
    this.#reason = reason;
    const isFirst = !this.#wasKnown;
    this.#wasKnown ||= status !== "unknown";
    return status === from || (isFirst && status === "healthy") ? undefined : { from, to: status, reason };
  }
}

function findingOf(components: Iterable<Component>): { readonly status: Status; readonly reason: string } {
  const judged = [...components].filter(({ affectsOverall, isSuspended }) => affectsOverall && !isSuspended);
  const status = worstStatus(judged.map((component) => component.status));
  const worst = judged.find((component) => component.status === status);
  if (status === "healthy") return { status, reason: `${judged.length} component${judged.length === 1 ? " is" : "s are"} healthy` };
  if (!worst) return { status, reason: "no component to judge yet" };
  const more = judged.filter((component) => compareStatus(component.status, "healthy") > 0).length - 1;
  return { status, reason: `${worst.name}: ${worst.reason}${more > 0 ? `; and ${more} more not healthy` : ""}` };
}
