/**
 * Checks what the test suite cannot, because its tools are not among Debian's packages: docker-compose.yml by Docker's own command and the
 * Dockerfiles by hadolint. Says which tool is not here. The OpenTelemetry Collector's configuration is judged by `npm run conformance`.
 *
 * Run it with: npm run check:deploy
 */
import { spawnSync } from "node:child_process";

const CHECKS = [
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
