import { setup } from "../../scripts/setup.ts";

/** In CI, installs the programs that the tests start. Elsewhere nothing is installed, and tests whose programs are missing are skipped. */
export default async function install(): Promise<void> {
  if (!process.env["CI"]) return;
  const problems = await setup();
  if (problems.length > 0) throw new Error(problems.join("\n"));
}
