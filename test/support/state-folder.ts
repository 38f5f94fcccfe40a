import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Path of a folder that does not exist yet, for one test. */
export function stateFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), "vitals-state-"));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, "state");
}
