import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import * as z from "zod";
import { VitalsError } from "../../errors.ts";
import type { SampleType } from "../../sample/sample-type.ts";
import { defineSource, reading, type Reading } from "../source.ts";
import { pick, refuseUnknownFields, type FieldPaths } from "./mapping.ts";
import { requestJson, type JsonRequest } from "./request.ts";

const options = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: "expected an http or https URL" }),
  method: z.enum(["GET", "POST"]).default("GET"),
  headers: z.record(z.string(), z.string()).default({}),
  /** Sent with POST. */
  body: z.string().optional(),
  /** Sent as a bearer token; empty for none. */
  token: z.string().default(""),
  /** A file that holds the token, read when the source is opened. */
  token_file: z.string().optional(),
  /** Most bytes of an answer once decompressed. */
  max_bytes: z
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .default(1024 * 1024),
  /** By sample type: where each field stands in the answer, or `$duration` for the seconds the request took. */
  readings: z.record(z.string(), z.record(z.string(), z.string())),
});
type Options = z.output<typeof options>;

/** Any endpoint that answers JSON. Each collection on it makes its own request. */
export const httpJson = defineSource({
  kind: "http-json",
  options,
  async open(chosen, { baseDir }): Promise<JsonRequest> {
    const token = await tokenOf(chosen, baseDir);
    return {
      url: chosen.url,
      method: chosen.method,
      headers: token === "" ? chosen.headers : { ...chosen.headers, authorization: `Bearer ${token}` },
      ...(chosen.body === undefined ? {} : { body: chosen.body }),
      maxBytes: chosen.max_bytes,
    };
  },
  readings: ({ readings }, types) => Object.entries(readings).map(([type, paths]) => readingOf(type, paths, types)),
});

function readingOf(name: string, paths: FieldPaths, types: ReadonlyMap<string, SampleType>): Reading<JsonRequest> {
  const type = types.get(name);
  if (!type) throw new VitalsError("config_invalid", `readings: no sample type "${name}"; there are ${[...types.keys()].join(", ")}`);
  refuseUnknownFields(type, paths);
  return reading(type, async (request: JsonRequest, signal) => {
    const startMs = performance.now();
    const document = await requestJson(request, signal);
    return pick(document, paths, (performance.now() - startMs) / 1_000);
  });
}

async function tokenOf({ token, token_file }: Options, baseDir: string): Promise<string> {
  if (token_file === undefined) return token;
  try {
    return (await readFile(resolve(baseDir, token_file), "utf8")).trim();
  } catch (error) {
    throw new VitalsError("source_failed", `token_file "${token_file}" cannot be read`, { cause: error, retryable: true });
  }
}
