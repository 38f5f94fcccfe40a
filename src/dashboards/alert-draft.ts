/** An alert without the parts that all alerts have in common. */
export interface Draft {
  readonly alert: string;
  readonly severity: "warning" | "error" | "critical";
  readonly for: string;
  /** Recovery hold. Default: two minutes. */
  readonly keepFiringFor?: string;
  readonly expr: string;
  /** The affected component, by the collector's name for it if it has one. */
  readonly component: string;
  readonly summary: string;
  readonly description: string;
}
