/** A field that a source does not measure, and why. */
export interface Unmeasured {
  /** Name of the sample type. */
  readonly type: string;
  /** Key of the field. */
  readonly field: string;
  /** In words that follow "not measured:", such as `the graph has no label Episodic`. */
  readonly reason: string;
  /** The value of the axis that every field is split by, such as a graph of a store with several. Absent: for all of them. */
  readonly part?: string;
}

/** The part of a source kind that explains what is not measured, for a kind of unknown connection. */
export interface ExplainingKind {
  /** As in `SourceKind`. @param connection the open connection @param signal ends the search: it should return then */
  unmeasured?(connection: never, signal: AbortSignal): readonly Unmeasured[] | Promise<readonly Unmeasured[]>;
}
