/**
 * Runs the tests of what is deployed, and checks docker-compose.yml with Docker and the Dockerfiles with hadolint, which are not Debian
 * packages and therefore not part of the test suite. Prints which tool is missing. `npm run conformance` checks the OpenTelemetry Collector's configuration.
 *
 * Run it with: npm run check:deploy
 */
import { spawnSync } from "node:child_process";

const CHECKS = [
  { tool: ["vitest", "--version"], check: ["vitest", "run", "--project", "integration", "test/integration/deploy"] },
  { tool: ["docker", "compose", "version"], check: ["docker", "compose", "config", "--quiet"] },
  { tool: ["hadolint", "--version"], check: ["hadolint", "Dockerfile", "deploy/compose/otelcol.Dockerfile"] },
] as const;

for (const { tool, check } of CHECKS) {
  const name = check.join(" ");
  if (run(tool).status !== 0) {
    console.log(`○ ${name}: ${tool.slice(0, -1).join(" ")} is not here`);
    continue;
  }
  const { status, stdout, stderr } = run(check);
  console.log(status === 0 ? `● ${name}` : `✖ ${name}\n${stdout}${stderr}`);
  if (status !== 0) process.exitCode = 1;
}

function run([program, ...args]: readonly [string, ...string[]]) {
  return spawnSync(program, args, { encoding: "utf8" });
}
