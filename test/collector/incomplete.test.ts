import { describe, expect, it } from "vitest";
import { incomplete } from "../../src/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

function collectorThat(share: number, count: number) {
  let lacks: string | undefined = `${count} of 40 lines skipped; first line 7: found null`;
  const read = (): unknown => incomplete({ depth: 7 }, lacks === undefined ? 0 : share, lacks);
  const { clock, collector } = scriptedCollector({ jobs: read }, each(["jobs"]));
  return {
    collector,
    clock,
    mend: (): void => void (lacks = undefined),
    component: () => collector.health.report().components.find(({ component }) => component === "collection:jobs"),
  };
}

describe("A reading that is incomplete", () => {
  it("is a success, and degrades its collection from a tenth on, with the first reason, until it is complete", async () => {
    const { collector, clock, mend, component } = collectorThat(0.1, 4);
    await collector.start();
    await clock.advance(2_000);
    expect(collector.collection("jobs").recent(1)[0]).toMatchObject({ outcome: "success", values: { depth: 7 } });
    expect(component()).toMatchObject({
      status: "degraded",
      measure: "missing",
      value: 0.1,
      reason: expect.stringContaining("4 of 40 lines skipped; first line 7: found null") as string,
    });
    expect(collector.alerts().map(({ labels }) => labels.alertname)).toEqual(["VitalsCollectionIncomplete"]);
    mend();
    await clock.advance(40_000);
    expect(component()).toMatchObject({ status: "healthy", measure: "successRate" });
    await collector.shutdown();
  });

  it("leaves its collection healthy below a tenth, and says what is missing", async () => {
    const { collector, clock, component } = collectorThat(0.0999, 3);
    await collector.start();
    await clock.advance(2_000);
    expect(component()).toMatchObject({
      status: "healthy",
      reason: expect.stringContaining("3 of 40 lines skipped; first line 7: found null") as string,
    });
    await collector.shutdown();
  });
});
