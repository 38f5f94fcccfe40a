import type { ConnectionSettings } from "../../store/connection.ts";
import type { Store } from "../../store/store.ts";
import type { GraphsSettings } from "./graphs.ts";
import type { ProbeSettings } from "./probe.ts";
import type { ScanJob } from "./scan.ts";
import type { TopologyTask } from "./topology.ts";

/** How a store is read. */
export interface ReaderSettings extends GraphsSettings {
  readonly kind: ScanJob["kind"];
  /** The settings of a connection as they are now. */
  readonly connection: () => Promise<ConnectionSettings>;
  readonly connect: (settings: ConnectionSettings, signal: AbortSignal) => Promise<Store>;
  readonly scanIntervalMs: number;
  /** Milliseconds for each query of a scan. */
  readonly scanTimeoutMs: number;
  readonly topology: Omit<TopologyTask, "graph">;
  readonly embeddingDimension: number | undefined;
  /** Absent: no retrieval is made. */
  readonly probe: ProbeSettings | undefined;
}

/** The settings of a reader, and what its scans do now. */
export interface SurveySettings extends ReaderSettings {
  /** Whether the scan of a sample type runs or waits. */
  readonly isScanning: (type: string) => boolean;
}
