import { describe, expect, it } from "vitest";
import type { Alert } from "../../src/client/api.ts";
import { summariesOf } from "../../src/page/summaries.ts";

const alert = (summary: string, severity: Alert["labels"]["severity"] = "error"): Pick<Alert, "annotations" | "labels"> => ({
  labels: { alertname: "Deep", component: "collection:jobs", severity },
  annotations: { summary, description: "depth over 5s is 80" },
});

describe("summariesOf", () => {
  it("summariesOf gives the summaries of rules, each once, however they begin", () => {
    const texts = ["collection:jobs is far behind: call the owner", "Jobs wait", "collection:jobs is critical for the payments"];
    expect(summariesOf([...texts, ...texts].map((text) => alert(text)))).toEqual(texts);
  });

  it("summariesOf leaves out the summary that the collector makes for a rule without one", () => {
    const made = [
      alert("collection:jobs is degraded", "warning"),
      alert("collection:jobs is unknown", "warning"),
      alert("collection:jobs is unhealthy"),
      alert("collection:jobs is critical", "critical"),
    ];
    expect(summariesOf(made)).toEqual([]);
  });
});
