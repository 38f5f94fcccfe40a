/** A measure, and whether it is exact. */
export interface Measured {
  readonly value: number;
  readonly exact: boolean;
}
