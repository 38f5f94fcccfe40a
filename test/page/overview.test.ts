import { describe, expect, it } from "vitest";
import { countsText, overviewOf, type Sight } from "../../src/page/overview.ts";
import type { ComponentReport, HealthReport, Status } from "../../src/client/api.ts";
import { worstStatus } from "../../src/health/status.ts";

const time = "2026-01-01T12:00:00Z";
const component = (name: string, status: Status, affectsOverall = true): ComponentReport => ({
  component: name,
  status,
  affectsOverall,
  since: time,
  time,
  reason: "r",
  trend: { direction: "unknown" },
});

const health = (...components: readonly ComponentReport[]): HealthReport => ({
  time,
  since: time,
  reason: "no component to judge yet",
  status: worstStatus(components.filter(({ affectsOverall }) => affectsOverall).map(({ status }) => status)),
  components,
});

const overview = (report: HealthReport, sight: Partial<Sight> = {}) =>
  overviewOf({ health: report, connection: "open", isStale: false, lifecycle: "running", ...sight });
const names = (components: readonly ComponentReport[]): readonly string[] => components.map((each) => each.component);

describe("overviewOf", () => {
  it("overviewOf lists what is not healthy: the worst first, informational components last", () => {
    const components = [
      component("a", "healthy"),
      component("b", "critical", false),
      component("c", "unknown"),
      component("d", "critical"),
      component("e", "degraded"),
    ];
    expect(names(overview(health(...components)).incidents)).toEqual(["d", "e", "c", "b"]);
  });

  it("overviewOf sorts components by severity, and keeps the collector's own apart", () => {
    const components = ["collection:a", "process", "stream-2", "sink:pager", "exporter:otlp", "state", "source:s", "stream-of-thought"];
    const found = overview(
      health(...components.map((name) => component(name, name.startsWith("so") || name === "sink:pager" ? "degraded" : "healthy"))),
    );
    expect(names(found.components)).toEqual(["source:s", "collection:a", "stream-of-thought"]);
    expect(names(found.internals)).toEqual(["sink:pager", "process", "stream-2", "exporter:otlp", "state"]);
  });

  it("overviewOf counts as many components in its title as the list has", () => {
    const healthy = [component("a", "healthy"), component("b", "healthy", false)];
    expect(overview(health(...healthy))).toMatchObject({ title: "All 2 components are healthy", status: "healthy", word: "healthy" });
    expect(overview(health(...healthy, component("c", "degraded"))).title).toBe("1 of 3 components is not healthy");
    const both = overview(health(...healthy, component("c", "degraded"), component("d", "unknown", false)));
    expect(both.title).toBe(`${both.incidents.length} of 4 components are not healthy`);
    expect(both.components.length + both.internals.length).toBe(4);
  });

  it("overviewOf says that the overall status is not affected if only informational components are not healthy", () => {
    expect(overview(health(component("a", "healthy"), component("b", "degraded", false))).title).toBe(
      "1 of 2 components is not healthy; the overall status is not affected",
    );
  });

  it("overviewOf does not report that all is healthy where the overall status is unknown", () => {
    expect(overview(health(component("a", "healthy", false)))).toMatchObject({
      status: "unknown",
      title: "Overall status is unknown: no component to judge yet",
    });
  });

  it.each<readonly [Partial<Sight>, string, string]>([
    [{ connection: "waiting" }, "no data", "the page has no connection to the collector"],
    [{ connection: "stopped" }, "no data", "the page has no connection to the collector"],
    [{ connection: "signed-out" }, "no data", "sign in to view this collector"],
    [{ isStale: true }, "no data", "the collector sends no samples"],
    [{ lifecycle: "stopped" }, "stopped", "the collector is stopped"],
    [{ lifecycle: "failed" }, "failed", "the collector has failed"],
  ])("overviewOf does not report health as current with %j", (sight, word, why) => {
    expect(overview(health(component("a", "healthy")), sight)).toMatchObject({
      status: "unknown",
      word,
      isCurrent: false,
      title: `No current data: ${why}. Last known: the only component is healthy`,
    });
  });

  it("overviewOf waits for the first health", () => {
    expect(overviewOf({ health: undefined, connection: "open", isStale: false, lifecycle: undefined })).toMatchObject({
      title: "Waiting for data",
      isCurrent: false,
      status: "unknown",
    });
  });
});

describe("countsText", () => {
  it("countsText counts components by status, the worst first", () => {
    const statuses: readonly Status[] = ["healthy", "unknown", "critical", "healthy", "degraded"];
    expect(countsText(statuses.map((status) => ({ status })))).toBe("1 critical, 1 degraded, 1 unknown, 2 healthy");
  });
});
