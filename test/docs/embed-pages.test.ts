import { describe, expect, it } from "vitest";
import { docBlocks } from "../support/doc-blocks.ts";
import { embedExample, embedExamples } from "../support/framework-app.ts";

/** The pages that show the examples as they stand. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  "docs/library.md": ["commonjs.cjs"],
  "docs/how-to/embed-in-express.md": ["express.ts"],
  "docs/how-to/embed-in-fastify.md": ["fastify.ts"],
  "docs/how-to/embed-in-hono.md": ["hono.ts"],
  "docs/how-to/embed-in-nestjs.md": ["nestjs.ts"],
  "docs/how-to/embed-in-next.md": [
    "next.ts",
    "next-instrumentation/next.config.js",
    "next-instrumentation/instrumentation.js",
    "next-instrumentation/collector.js",
  ],
  "docs/how-to/embed-in-a-worker.md": ["worker.ts"],
  "docs/how-to/beside-prom-client.md": ["prom-client.ts"],
  "docs/how-to/test-with-vitest-and-jest.md": ["testing/queue-depth.js", "testing/queue-depth.test.js"],
};

describe("guides to embedding", () => {
  it.each(Object.entries(PAGES))("%s shows its examples as they stand, and no other program", (page, names) => {
    const programs = docBlocks(page).filter(({ language }) => language === "ts" || language === "js");
    expect(programs.map(({ text }) => text)).toEqual(names.map(embedExample));
  });

  it("every example of embedding is shown by a guide", () => {
    expect(Object.values(PAGES).flat().toSorted()).toEqual(embedExamples().toSorted());
  });
});
