import { compareStatus, STATUSES } from "../health/status.ts";
import { incidentsOf, incidentsTitle } from "../client/incidents.ts";
import type { ComponentReport, HealthReport, Stats, Status } from "../client/api.ts";
import type { Connection } from "../client/event-stream.ts";

/** What the page says about health at one time. Header, tab, counts and lists show this one derivation, so that they agree. */
export interface Overview {
  /** `unknown` without current data. */
  readonly status: Status;
  /** The status in words: `no data` and `stopped` where the last known one is not current. */
  readonly word: string;
  /** Whether the data is current. */
  readonly isCurrent: boolean;
  /** The heading of the incidents. */
  readonly title: string;
  /** The components that are not healthy: the worst first, informational ones last. */
  readonly incidents: readonly ComponentReport[];
  /** Every component of what is monitored: those that are not healthy first. */
  readonly components: readonly ComponentReport[];
  /** Every component of the collector itself, in the same order. */
  readonly internals: readonly ComponentReport[];
}

export interface Sight {
  readonly health: HealthReport | undefined;
  readonly connection: Connection["kind"];
  /** Whether the newest sample is overdue. */
  readonly isStale: boolean;
  readonly lifecycle: Stats["lifecycle"] | undefined;
}

/** The overview of the last known health, and of whether it is current. */
export function overviewOf({ health, connection, isStale, lifecycle = "running" }: Sight): Overview {
  const incidents = incidentsOf(health?.components ?? []);
  const healthy = (health?.components ?? []).filter(({ status }) => status === "healthy");
  const sorted = [...incidents, ...healthy];
  const lists = {
    incidents,
    components: sorted.filter(({ component }) => !isInternal(component)),
    internals: sorted.filter(({ component }) => isInternal(component)),
  };
  if (!health) return { ...lists, status: "unknown", word: "unknown", isCurrent: false, title: "Waiting for data" };
  const why = lackOf(connection, isStale, lifecycle);
  if (why === undefined)
    return { ...lists, status: health.status, word: health.status, isCurrent: true, title: titleOf(health, incidents) };
  const word = lifecycle === "running" ? "no data" : lifecycle;
  const title = `No current data: ${why}. Last known: ${lowerFirst(titleOf(health, incidents))}`;
  return { ...lists, status: "unknown", word, isCurrent: false, title };
}

/** How many components have each status, the worst first: `1 critical, 3 healthy`. */
export function countsText(components: readonly Pick<ComponentReport, "status">[]): string {
  const worstFirst = STATUSES.toSorted((a, b) => compareStatus(b, a));
  return worstFirst
    .map((status) => [components.filter((each) => each.status === status).length, status] as const)
    .filter(([count]) => count > 0)
    .map(([count, status]) => `${count} ${status}`)
    .join(", ");
}

/** Components of the collector itself: its process, its state, its event streams, exporters and sinks. */
const isInternal = (component: string): boolean => /^(process|state|stream(-\d+)?|(exporter|sink):.*)$/.test(component);

/** Why the last known health is not current; undefined if it is. */
function lackOf(connection: Connection["kind"], isStale: boolean, lifecycle: Stats["lifecycle"]): string | undefined {
  if (lifecycle !== "running" && lifecycle !== "starting")
    return lifecycle === "failed" ? "the collector has failed" : `the collector is ${lifecycle}`;
  if (connection === "waiting" || connection === "stopped") return "the page has no connection to the collector";
  if (connection === "signed-out") return "sign in to view this collector";
  return isStale ? "the collector sends no samples" : undefined;
}

const titleOf = ({ status, reason, components }: HealthReport, incidents: readonly ComponentReport[]): string =>
  incidents.length === 0 && status !== "healthy" ? `Overall status is ${status}: ${reason}` : incidentsTitle(components);

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
