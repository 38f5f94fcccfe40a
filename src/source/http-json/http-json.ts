import * as z from "zod";
import { harmless } from "../../base/harmless.ts";
import type { Clock } from "../../base/clock.ts";
import { VitalsError } from "../../base/errors.ts";
import { headersSchema } from "../../base/header.ts";
import { unknownName } from "../../base/suggest.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";
import { incomplete } from "../incomplete.ts";
import { defineSource, reading, type Reading } from "../source.ts";
import { fieldMapping, mappingsOf } from "./field-mapping.ts";
import { pick, type Picked } from "./mapping.ts";
import { ReadingLog } from "./reading-log.ts";
import { agentFor, requestJson, type JsonRequest } from "./request.ts";
import { isHeader, tokenFile } from "./token.ts";
import { isToken } from "../../base/token.ts";
import { wantedBy } from "./wanted.ts";

/** A URL with credentials would appear in messages and logs. `fetch` refuses it too, but repeats the whole URL in its error. */
function hasNoCredentials(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed === null || (parsed.username === "" && parsed.password === "");
}

const options = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: "expected an http or https URL" })
      .refine(hasNoCredentials, "expected a URL without credentials; set token, token_file or a header"),
    method: z.enum(["GET", "POST"]).default("GET"),
    headers: headersSchema.default({}),
    /** Body of a POST request; its type is JSON, unless `headers` has a `content-type`. */
    body: z.string().optional(),
    /** Bearer token; empty for none. */
    token: z
      .string()
      .nullish()
      .transform((token) => token ?? "")
      .refine(
        (token) => token === "" || (isToken(token) && isHeader("authorization", token)),
        "expected a token on one line that is valid in an HTTP header, without a blank at its start or end",
      ),
    /** File that contains the token, instead of `token`; read again at each request, because tokens rotate. */
    token_file: z.string().min(1).optional(),
    /** Maximum size of a response in bytes, after decompression. */
    max_bytes: z
      .int()
      .min(1)
      .max(64 * 1024 * 1024)
      .default(1024 * 1024),
    /**
     * By sample type, how each field is read from the response: a path, `$duration` for the duration of the request, or a map with the path and
     * what is done with the value at it. `{}` if the response has the shape of the type.
     */
    readings: z.record(z.string().register(harmless, {}), z.record(z.string().register(harmless, {}), fieldMapping)),
  })
  .check(({ value, issues }) => {
    if (value.token !== "" && value.token_file !== undefined)
      issues.push({ code: "custom", message: "expected token or token_file, found both", path: ["token_file"], input: undefined });
    if (value.body === undefined || value.method === "POST") return;
    issues.push({ code: "custom", message: "expected no body, because the method is GET", path: ["body"], input: undefined });
  });
type Options = z.output<typeof options>;

interface Endpoint extends Disposable {
  readonly request: Omit<JsonRequest, "headers">;
  readonly headers: () => Promise<Headers>;
  readonly clock: Clock;
  readonly log: ReadingLog;
}

/** Any endpoint that returns JSON. Each collection makes its own requests. */
export const httpJson = defineSource({
  kind: "http-json",
  options,
  open(chosen, { baseDir, clock, logger }): Endpoint {
    const { url, method, body, max_bytes: maxBytes } = chosen;
    const file = chosen.token_file === undefined ? undefined : tokenFile(chosen.token_file, baseDir, logger);
    const headers = async (): Promise<Headers> => headersOf(chosen, file ? await file.read() : chosen.token);
    const agent = agentFor(url);
    const request = { url, method, maxBytes, agent, ...(body === undefined ? {} : { body }) };
    return { clock, headers, log: new ReadingLog(logger), request, [Symbol.dispose]: () => agent.destroy() };
  },
  readings: ({ readings }, types) => Object.entries(readings).map(([type, mappings]) => readingOf(type, mappings, types)),
});

function readingOf(name: string, given: Options["readings"][string], types: ReadonlyMap<string, SampleType>): Reading<Endpoint> {
  const type = types.get(name);
  if (!type) throw new VitalsError("config_invalid", unknownName("sample type", name, types.keys()));
  const mappings = mappingsOf(type, given);
  const wanted = wantedBy(type, mappings);
  return reading(type, async ({ request, headers, clock, log }: Endpoint, signal) => {
    const withHeaders = { ...request, headers: await headers() };
    const startMs = clock.monotonicMs();
    const document = await requestJson(withHeaders, wanted, signal);
    const picked = pick(type, document, mappings, { durationSeconds: (clock.monotonicMs() - startMs) / 1_000, wallMs: clock.wallMs() });
    log.note(name, picked, mappings);
    return marked(picked);
  });
}

/** The values, with what was left out. */
function marked({ values, skipped, read }: Picked): AnyValues {
  const all = skipped.count + read;
  const text = skipped.first === undefined ? undefined : `${skipped.count} of ${all} values skipped; first ${skipped.first}`;
  return incomplete(values, skipped.count / all, text, skipped.count);
}

/** Header names are case-insensitive here, so that a token replaces an `authorization` header instead of being appended to it. */
function headersOf({ headers: configured, body }: Options, token: string): Headers {
  const headers = new Headers({ accept: "application/json" });
  if (body !== undefined) headers.set("content-type", "application/json");
  for (const [name, value] of Object.entries(configured)) headers.set(name, value);
  if (token !== "") headers.set("authorization", `Bearer ${token}`);
  return headers;
}
