import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("./otlp-receiver/node_modules/autotel-devtools/dist/cli.js", import.meta.url));

/** One series as the receiver shows it. */
export interface ReceivedSeries {
  readonly name: string;
  readonly unit: string;
  readonly kind: string;
  readonly scope: { readonly name: string; readonly version: string };
  readonly resource: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly points: readonly { readonly value?: number; readonly startTimestamp: number; readonly timestamp: number }[];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts an OTLP receiver that nobody here wrote; gone at the end of the scope. */
export async function startReceiver() {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [CLI, "--port", String(port), "--grpc-port", String(grpcPort)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => String(chunk).includes("Listening") && resolve());
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the OTLP receiver ended with code ${code} before it listened`)));
  });
  return {
    endpoint: `${url}/v1/metrics`,
    /** Every series of a metric received so far. */
    async series(name: string): Promise<readonly ReceivedSeries[]> {
      const response = await fetch(`${url}/api/query/metrics`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name, limit: 100 }),
      });
      return ((await response.json()) as { series: readonly ReceivedSeries[] }).series;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
