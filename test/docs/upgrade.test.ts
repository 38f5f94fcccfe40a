import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FORMAT_VERSION } from "../../src/journal/file/format.ts";
import { ROOT } from "../support/yaml-file.ts";

describe("the guide to upgrades", () => {
  it("the guide to upgrades names the format of the state that this version writes", () => {
    const guide = readFileSync(join(ROOT, "docs/how-to/upgrade.md"), "utf8").replaceAll(/\s+/g, " ");
    expect(guide).toContain(`reads and writes format ${FORMAT_VERSION},`);
  });
});
