import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/skip-report.ts"],
    globalSetup: ["test/support/build-page.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/integration/**", "test/browser/**", "**/node_modules/**"],
          // The files share one module graph: loading it again for each file takes longer than the tests.
          isolate: false,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: ["test/support/install-programs.ts"],
          // Without this, one core is left idle: most tests wait for the processes that they start.
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["test/support/install-programs.ts"],
          maxWorkers: "100%",
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
