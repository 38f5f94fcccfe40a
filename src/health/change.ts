import type { RuleChange } from "./watched-rule.ts";

/** A change of a rule's status, with the component it belongs to. */
export interface Change extends RuleChange {
  readonly component: string;
  /** The component whose alert explains this one's. */
  readonly dependsOn: string | undefined;
  /** Monotonic time since which the component, or the one it depends on, has been failing without a break; undefined while it does not. */
  readonly failingSinceMs?: number | undefined;
  /** ISO 8601. */
  readonly time: string;
}
