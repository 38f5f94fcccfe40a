/** Writes grafana/ for the configuration in this repository and all built-in sample types; with --check it only verifies that grafana/ is up to date. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dashboardPlan } from "../src/cli/dashboards.ts";
import { loadConfig, configError } from "../src/config/load.ts";
import { filesFor } from "../src/dashboards/files.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const OUT = join(ROOT, "grafana");

// Without environment variables, so that the result is the same everywhere.
const { config, problems } = await loadConfig({ file: "otel-config.yaml", env: {}, cwd: ROOT });
if (!config) throw configError(problems);
const files = new Map(filesFor(dashboardPlan(config, { allTypes: true })).map(({ path, text }) => [path, text]));
const present = ["dashboards", "prometheus"].flatMap((folder) => namesIn(folder).map((name) => `${folder}/${name}`));

if (!process.argv.includes("--check")) {
  for (const path of present) if (!files.has(path)) rmSync(join(OUT, path));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(OUT, path)), { recursive: true });
    writeFileSync(join(OUT, path), text);
  }
} else {
  const wrong = [...new Set([...present, ...files.keys()])].filter(
    (path) => !present.includes(path) || readFileSync(join(OUT, path), "utf8") !== files.get(path),
  );
  if (wrong.length > 0) {
    console.error(`grafana/ is out of date: ${wrong.join(", ")}; run: npm run dashboards`);
    process.exitCode = 1;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(join(OUT, folder));
  } catch {
    return [];
  }
}
