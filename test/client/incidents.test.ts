import { describe, expect, it } from "vitest";
import { incidentsOf, incidentsTitle } from "../../src/client/incidents.ts";
import type { ComponentReport, Status } from "../../src/client/api.ts";

const component = (name: string, status: Status, affectsOverall = true): ComponentReport => ({
  component: name,
  status,
  affectsOverall,
  since: "2026-01-01T12:00:00Z",
  time: "2026-01-01T12:00:00Z",
  reason: "r",
  trend: { direction: "unknown" },
});

describe("incidentsOf", () => {
  it("incidentsOf lists what is not healthy: the worst first, informational components last", () => {
    const components = [
      component("a", "healthy"),
      component("b", "critical", false),
      component("c", "unknown"),
      component("d", "critical"),
      component("e", "degraded"),
    ];
    expect(incidentsOf(components).map((each) => each.component)).toEqual(["d", "e", "c", "b"]);
  });
});

describe("incidentsTitle", () => {
  it("incidentsTitle counts as many components as the list has", () => {
    const healthy = [component("a", "healthy"), component("b", "healthy", false)];
    expect(incidentsTitle(healthy)).toBe("All 2 components are healthy");
    expect(incidentsTitle([...healthy, component("c", "degraded")])).toBe("1 of 3 components is not healthy");
    const both = [...healthy, component("c", "degraded"), component("d", "unknown", false)];
    expect(incidentsTitle(both)).toBe(`${incidentsOf(both).length} of 4 components are not healthy`);
  });

  it("incidentsTitle says that the overall status is not affected if only informational components are not healthy", () => {
    expect(incidentsTitle([component("a", "healthy"), component("b", "degraded", false)])).toBe(
      "1 of 2 components is not healthy; the overall status is not affected",
    );
  });
});
