/** Bucket boundaries for seconds, from half a millisecond to a minute; the SDK's defaults are sized for milliseconds. */
export const SECONDS_BOUNDARIES: number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
