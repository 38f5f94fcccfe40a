import { describe, expect, it } from "vitest";
import { componentRow } from "../../src/page/component-row.ts";
import type { CollectionReport, ComponentReport } from "../../src/client/api.ts";

const fields = { cacheHitRatio: { title: "Cache hit ratio", unit: "1", max: 1 }, depth: { title: "Depth", unit: "{job}" } };
const collections = [
  { name: "a", source: "s", fields },
  { name: "b", source: "t", fields },
] as unknown as readonly CollectionReport[];
const row = (component: string, measure?: string, value?: number, unit = "1") =>
  componentRow(
    {
      component,
      ...(measure === undefined ? {} : { measure }),
      ...(value === undefined ? {} : { value, p95: value }),
      unit,
    } as ComponentReport,
    collections,
  );

describe("componentRow", () => {
  it("componentRow names what each number measures, and gives it its unit", () => {
    expect(row("collection:a", "successRate", 0.5)).toMatchObject({ now: "50 %", measure: "success rate", p95: "50 %" });
    expect(row("collection:a", "cacheHitRatio", 0.9)).toMatchObject({ now: "90 %", measure: "cache hit ratio" });
    expect(row("collection:a", "durationP95", 0.25, "s")).toMatchObject({ now: "250 ms", measure: "duration p95" });
    expect(row("source:t", "consecutiveFailures", 3, "{failure}")).toMatchObject({ now: "3", measure: "consecutive failures" });
    expect(row("collection:a", "successRate")).toMatchObject({ now: "–", measure: "", p95: "–" });
  });

  it("componentRow links to the chart of the number, or to where the component is shown", () => {
    expect(row("collection:b", "depth", 4, "{job}").href).toBe("#collection=b&chart=depth");
    expect(row("collection:b", "durationP95", 4, "s").href).toBe("#collection=b&chart=readingTime");
    expect(row("collection:b", "successRate", 1).href).toBe("#collection=b");
    expect(row("source:t", "consecutiveFailures", 0).href).toBe("#collection=b");
    expect(row("process", "heapUsed", 0.2)).toMatchObject({ href: "#footer", now: "20 %" });
  });
});
