import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { command, running } from "../../support/command.ts";
import { ROOT } from "../../support/yaml-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vitals-internal-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A source with a bug: it throws where nobody can catch it. */
const BUGGY = `
import * as z from "${import.meta.resolve("zod")}";
import { defineSampleType, defineSource, gauge, reading } from "${join(ROOT, "src/index.ts")}";
const queue = defineSampleType("queue", { depth: gauge("queue.depth", "{job}", { good: "low", max: 10 }) });
function stumble() {
  throw new TypeError("the source stumbled");
}
export default defineSource({
  kind: "buggy",
  options: z.strictObject({}),
  open: () => ({ [Symbol.asyncDispose]: async () => {} }),
  readings: [reading(queue, () => (setTimeout(stumble, 10), { depth: 1 }))],
});
`;

describe("an internal error", () => {
  it("otel-vitals run logs an error that nothing catches with its stack, and exits with 1", async () => {
    writeFileSync(join(folder, "buggy.ts"), BUGGY);
    writeFileSync(
      join(folder, "otel-config.yaml"),
      'file_format: "1.0"\ncollector: { sources: { it: { kind: ./buggy.ts } }, collections: { it: { source: it, interval: 1s } } }\n',
    );
    await using collector = await running(["-c", join(folder, "otel-config.yaml")]);
    expect(await collector.ended).toBe(1);
    expect(collector.log.at(-1)).toMatchObject({
      level: "error",
      message: "unexpected error, exiting",
      error: expect.stringMatching(/^TypeError: the source stumbled\n\s+at .*stumble/) as string,
    });
  });

  it("a command that fails unexpectedly prints the stack", async () => {
    const broken = "data:text/javascript,JSON.stringify=function broken(){throw new TypeError('no text')}";
    const { code, stderr } = await command(["validate", "--json"], { env: { NODE_OPTIONS: `--import="${broken}"` } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^otel-vitals: unexpected error: TypeError: no text\n\s+at .*broken/);
  });
});
