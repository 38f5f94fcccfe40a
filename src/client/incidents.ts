import { compareStatus } from "../health/status.ts";
import type { ComponentReport } from "./api.ts";

/** The components that are not healthy: the worst first, informational ones last. */
export function incidentsOf(components: readonly ComponentReport[]): readonly ComponentReport[] {
  return components
    .filter(({ status }) => status !== "healthy")
    .sort((a, b) => Number(b.affectsOverall) - Number(a.affectsOverall) || compareStatus(b.status, a.status));
}

/** How many components are not healthy, which is how many `incidentsOf` lists. */
export function incidentsTitle(components: readonly ComponentReport[]): string {
  const listed = incidentsOf(components);
  if (listed.length === 0)
    return components.length === 1 ? "The only component is healthy" : `All ${components.length} components are healthy`;
  const title = `${listed.length} of ${components.length} components ${listed.length === 1 ? "is" : "are"} not healthy`;
  return listed.some(({ affectsOverall }) => affectsOverall) ? title : `${title}; the overall status is not affected`;
}
