import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { command } from "../../support/command.ts";
import { startFalkordb } from "../../support/engines/falkordb.ts";
import { needs } from "../../support/programs.ts";
import { ROOT } from "../../support/yaml-file.ts";

const PAGE = readFileSync(join(ROOT, "docs/graph-stores.md"), "utf8");

describe("custom queries", needs("falkordb"), () => {
  it("the queries in docs/graph-stores.md fill their fields, whatever their columns are called", async () => {
    const [, example = ""] = /```yaml\n(file_format:[^`]*queries:[^`]*)```/.exec(PAGE) ?? [];
    await using engine = await startFalkordb();
    await engine.command("GRAPH.QUERY", "g", "CREATE (:Ticket {team: 'a'}), (:Ticket {team: 'a', closed_at: 1}), (:Ticket {team: 'b'})");
    const folder = mkdtempSync(join(tmpdir(), "vitals-queries-"));
    try {
      const file = join(folder, "otel-config.yaml");
      writeFileSync(file, example.replace("kind: neo4j", `kind: falkordb\n      url: ${engine.url}\n      graphs: [g]`));
      const { stdout } = await command(["once", "--format", "json", "-c", file]);
      const [sample] = JSON.parse(stdout) as readonly unknown[];
      expect(sample).toMatchObject({ outcome: "success", values: { open: 2, byTeam: { a: 2, b: 1 } } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
