import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { running } from "../../support/command.ts";

const PRELOAD = new URL("../../support/dead-mount.ts", import.meta.url).href;

const CONFIG = `file_format: "1.0"
collector:
  sources: { agent: { kind: mcp-memory, path: memory.jsonl } }
  collections: { graph: { source: agent, type: graph, interval: 200ms } }
  health: { startup_grace: 0s, for: 0s }
`;

describe("a mount that does not answer", () => {
  it.each(["main", "worker"] as const)("does not keep the process from ending when its call came from the %s thread", async (where) => {
    const folder = await mkdtemp(join(tmpdir(), "vitals-"));
    const [memory, pipe, config] = [join(folder, "memory.jsonl"), join(folder, "pipe"), join(folder, "otel-config.yaml")];
    await writeFile(memory, '{"type":"entity","name":"a","entityType":"b","observations":[]}\n');
    await writeFile(config, CONFIG);
    execFileSync("mkfifo", [pipe]);
    const env = { NODE_OPTIONS: `--import ${PRELOAD}`, DEAD_MOUNT: memory, DEAD_MOUNT_PIPE: pipe, DEAD_IN: where };
    await using collector = await running(["--config", config], { env });
    await collector.logged(({ reason }) => /did not respond/.test(String(reason)));
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    expect(collector.log.at(-1)).toMatchObject({ message: "stopped" });
    await rm(folder, { recursive: true });
  });
});
