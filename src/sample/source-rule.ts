/**
 * A health rule that a source kind brings for a field of one of its sample types: a threshold for the newest value. Its keys are those of
 * `health.rules`. It applies to each collection of that type, and to nothing where no collection reads it.
 */
export interface SourceRule {
  /** Name of its alert, unique among the rules of all source kinds; the key under `health.source_rules`. */
  readonly name: string;
  /** A field of the sample type. */
  readonly field: string;
  /** Exactly one of the two thresholds, in the field's unit. */
  readonly above?: number;
  /** As `above`, for values that are too small. */
  readonly below?: number;
  /** The value has to be past this to clear. Default: the threshold itself. */
  readonly clear?: number;
  /** Judges a point only while another `field` of the same sample type is `above` or `below` a threshold, such as a share only of many. Default: always. */
  readonly while?: { readonly field: string; readonly above?: number; readonly below?: number };
  /** How long the threshold has to be crossed, such as `10m`. Default: `0s`. */
  readonly for?: string;
  /** Recovery hold. Default: `1m`. */
  readonly keep_firing_for?: string;
  /** Default: `degraded`. */
  readonly status?: "degraded" | "unhealthy" | "critical";
  /** One line about what the alert means. */
  readonly summary: string;
}
