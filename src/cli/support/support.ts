import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { messageOf, VitalsError } from "../../base/errors.ts";
import { quantity } from "../../base/quantity.ts";
import { quoted } from "../../base/suggest.ts";
import { urlOf } from "../endpoint.ts";
import { print } from "../output.ts";
import { EXIT, UsageError, type CommandLine } from "../usage.ts";
import { collect, type Collected, type Part } from "./collect.ts";
import { tarOf } from "./tar.ts";

/** Writes an archive for a bug report, and prints what is in it and what is missing. */
export async function support({ common, own, positionals }: CommandLine): Promise<number> {
  const [text, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`unexpected argument ${quoted(extra)}; expected at most one URL`);
  const url = text === undefined ? undefined : urlOf(text);
  const nowMs = Date.now();
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const out = typeof own["out"] === "string" ? own["out"] : `otel-vitals-support-${stamp}.tar.gz`;
  const collected = await collect({ file: common.config, set: common.set, env: process.env, cwd: process.cwd(), url });
  const parts = [readme(collected), ...collected.parts];
  const folder = `otel-vitals-support-${stamp}`;
  const archive = gzipSync(
    tarOf(
      parts.map(({ name, content }) => ({ name: `${folder}/${name}`, content })),
      nowMs,
    ),
  );
  try {
    await writeFile(out, archive, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    const reason = isThere ? "it exists; choose another file with --out" : messageOf(error);
    throw new VitalsError("output_failed", `${out} cannot be written: ${reason}`, { cause: error });
  }
  await print(
    [
      `${out}  ${sizeOf(archive)}`,
      "",
      ...tableOf(parts),
      ...missingOf(collected),
      "",
      `Read it before you send it: tar -xzOf ${out} | less`,
    ].join("\n"),
  );
  return EXIT.fine;
}

function readme(collected: Collected): Part {
  const text = [
    "Support archive of otel-vitals. Read it before you send it.",
    "",
    "It contains no secret that otel-vitals knows of: of the configuration only values whose schema marks them as harmless, of URLs only",
    "scheme, host and port, no environment, no samples, and no contents of the observed systems.",
    "",
    ...tableOf(collected.parts),
    ...missingOf(collected),
    "",
  ];
  return { name: "README.txt", about: "what is in the archive, and what is missing", content: text.join("\n") };
}

function tableOf(parts: readonly Part[]): readonly string[] {
  const rows = parts.map(({ name, content, about }) => [name, sizeOf(Buffer.from(content)), about] as const);
  const [width, sizeWidth] = [0, 1].map((n) => Math.max(...rows.map((row) => (row[n] as string).length))) as [number, number];
  return rows.map(([name, size, about]) => `  ${name.padEnd(width)}  ${size.padStart(sizeWidth)}  ${about}`);
}

const missingOf = ({ missing }: Collected): readonly string[] =>
  missing.length === 0 ? [] : ["", "Missing:", ...missing.map((line) => `  ${line}`)];

const sizeOf = ({ length }: Uint8Array): string => quantity(length, "By");
