/**
 * CPU and memory of the compiled program with its default configuration, scraped every second, against Debian's prometheus-node-exporter,
 * scraped in the same run if it is installed. Argument: seconds; default 120.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SECONDS = Number(process.argv.at(-1)) || 120;
const ROOT = new URL("..", import.meta.url).pathname;
const USER_HZ = 100;

interface Contestant {
  readonly name: string;
  readonly child: ChildProcess;
  readonly url: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function usage(pid: number): { readonly cpuSeconds: number; readonly rssMb: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / USER_HZ, rssMb: Number(rss) / 1_024 };
}

if (spawnSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "inherit" }).status !== 0) throw new Error("the build failed");

const folder = mkdtempSync(join(tmpdir(), "vitals-bench-"));
const [ourPort, otherPort] = [await freePort(), await freePort()];
const contestants: Contestant[] = [
  {
    name: "otel-vitals, three collections",
    child: spawn(process.execPath, ["dist/cli/main.js", "run", "--listen", `127.0.0.1:${ourPort}`, "--log-level", "error"], {
      cwd: ROOT,
      env: { ...process.env, STATE_DIRECTORY: join(folder, "state") },
      stdio: "inherit",
    }),
    url: `http://127.0.0.1:${ourPort}/metrics`,
  },
];
const exporter = spawn("prometheus-node-exporter", [`--web.listen-address=127.0.0.1:${otherPort}`], { stdio: "ignore" });
const isInstalled = await once(exporter, "spawn").then(
  () => true,
  () => false,
);
if (isInstalled) contestants.push({ name: "prometheus-node-exporter", child: exporter, url: `http://127.0.0.1:${otherPort}/metrics` });
else console.log("prometheus-node-exporter is not installed: skipped");

// Ends the started processes however this one ends.
process.on("exit", () => {
  contestants.forEach(({ child }) => child.kill("SIGKILL"));
  rmSync(folder, { recursive: true });
});
const bytes = new Map<string, number>();
const begun = new Map<string, ReturnType<typeof usage>>();
const WARM_UP_SECONDS = 5;
for (let second = 0; second < SECONDS + WARM_UP_SECONDS; second += 1) {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (const { name, url, child } of contestants) {
    if (second === WARM_UP_SECONDS) begun.set(name, usage(child.pid as number));
    bytes.set(name, (await (await fetch(url)).text()).length);
  }
}
console.log(`${SECONDS} s, one scrape a second; Node ${process.version}`);
for (const { name, child } of contestants) {
  const [before, after] = [begun.get(name), usage(child.pid as number)];
  const share = ((after.cpuSeconds - (before?.cpuSeconds ?? 0)) / SECONDS) * 100;
  console.log(
    `${name.padEnd(32)} ${share.toFixed(2)} % of a core, ${after.rssMb.toFixed(0)} MB resident, ${((bytes.get(name) ?? 0) / 1_024).toFixed(0)} KiB a scrape`,
  );
}
process.exit(0);
