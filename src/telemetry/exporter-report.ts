/** How an exporter fares. */
export interface ExporterReport {
  readonly name: string;
  /** Exports that arrived. */
  readonly exports: number;
  /** Exports that were given up, retries included. */
  readonly failures: number;
  readonly consecutiveFailures: number;
  /** ISO 8601; null before the first that arrived. */
  readonly lastSuccess: string | null;
  /** One bounded line without secrets; null before the first failure. */
  readonly lastError: string | null;
}
