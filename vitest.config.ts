import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build-page.ts", "test/support/install-receiver.ts", "test/support/debian-programs.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One failure must not hide how many tests there are: CI reads the closing line.
    passWithNoTests: false,
  },
});
