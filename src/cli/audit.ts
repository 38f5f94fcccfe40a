import { auditsOf, type Audit } from "../audit/audit.ts";
import { parseLimit, type Limit } from "../audit/limit.ts";
import { readSource } from "../audit/reading.ts";
import { auditDocument, auditLines } from "../audit/report.ts";
import { systemClock } from "../base/clock.ts";
import { isVitalsError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { parseDuration } from "../base/quantity.ts";
import { quoted, unknownName } from "../base/suggest.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { Source, type ResolvedSource } from "../source/source.ts";
import { AUDITED, isSourceName, sourceOf } from "./audit-target.ts";
import { Log } from "./log.ts";
import { openConfig } from "./open-config.ts";
import { print } from "./output.ts";
import { EXIT, UsageError, type CommandLine, type CommonOptions } from "./usage.ts";

const DEFAULT_TIMEOUT_MS = 60_000;

/** A source that is to be read. */
interface Target {
  readonly source: ResolvedSource;
  readonly baseDir: string;
  readonly types: ReadonlyMap<string, SampleType>;
}

/** Reads memories once, prints what they hold and what may be wrong with them, and compares the numbers with limits. */
export async function audit({ common, own, positionals }: CommandLine): Promise<number> {
  const limits = [...limitsOf("max", own["max"]), ...limitsOf("min", own["min"])];
  const timeoutMs = own["timeout"] === undefined ? DEFAULT_TIMEOUT_MS : parseDuration(String(own["timeout"]));
  if (timeoutMs === undefined || timeoutMs === 0)
    throw new UsageError(`--timeout: expected a duration such as "30s", found ${quoted(String(own["timeout"]))}`);
  const audits: Audit[] = [];
  const failures: string[] = [];
  for (const target of await targetsOf(positionals, common)) {
    try {
      audits.push(...(await readTarget(target, limits, timeoutMs, loggerOf(common))));
    } catch (error) {
      if (!isVitalsError(error)) throw error;
      failures.push(`${target.source.name}: ${error.message}`);
    }
  }
  if (own["json"] === true) await print(JSON.stringify(auditDocument(audits, systemClock.wallMs()), undefined, 2));
  else if (audits.length > 0) await print(audits.map((each) => auditLines(each).join("\n")).join("\n\n"));
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) return EXIT.unreachable;
  return audits.every((each) => each.limits.every(({ isKept }) => isKept)) ? EXIT.fine : EXIT.failure;
}

function limitsOf(bound: Limit["bound"], given: unknown): readonly Limit[] {
  return ((given ?? []) as readonly string[]).map((text) => {
    const limit = parseLimit(bound, text);
    if (typeof limit === "string") throw new UsageError(`--${bound}: ${limit}`);
    return limit;
  });
}

/** The arguments as sources; without any, the sources of the configuration that hold a memory. */
async function targetsOf(args: readonly string[], common: CommonOptions): Promise<readonly Target[]> {
  const adHoc = args.filter((arg) => !isSourceName(arg));
  const named = args.filter(isSourceName);
  const targets = adHoc.map((arg) => ({ source: sourceOf(arg, process.env), baseDir: process.cwd(), types: AUDITED }));
  if (args.length > 0 && named.length === 0) return targets;
  const { plan, baseDir } = await openConfig(common, (line) => console.error(line));
  const held = [...plan.sources.values()].filter(({ readings }) => [...AUDITED.keys()].some((type) => readings.has(type)));
  const chosen = args.length === 0 ? held : named.map((name) => sourceNamed(name, held));
  if (chosen.length === 0 && targets.length === 0)
    throw new UsageError(
      "no source of the configuration holds a memory; expected a path, a URL or a source, such as: audit ./memory.jsonl",
    );
  return [...targets, ...chosen.map((source) => ({ source, baseDir, types: plan.types }))];
}

function sourceNamed<S extends { readonly name: string }>(name: string, held: readonly S[]): S {
  const source = held.find((each) => each.name === name);
  if (source) return source;
  const known = held.map((each) => each.name);
  throw new UsageError(`${unknownName("source", name, known)} (a file in this folder is ./${name})`);
}

/** @throws VitalsError if nothing of the source could be read */
async function readTarget(
  { source: resolved, baseDir, types }: Target,
  limits: readonly Limit[],
  timeoutMs: number,
  logger: Logger,
): Promise<readonly Audit[]> {
  const source = new Source(resolved, { baseDir, clock: systemClock, logger, types });
  try {
    const reading = await readSource(source, systemClock, timeoutMs);
    const [first] = [...reading.types.values()].flatMap(({ error }) => error ?? []);
    if (first && [...reading.types.values()].every(({ error }) => error)) throw first;
    return auditsOf({ name: resolved.name, kind: resolved.kind.kind }, reading, limits);
  } finally {
    await source.close();
  }
}

const ignore = (): void => {};

/** What sources log repeats the audit, so only `--log-level debug` shows it. */
const loggerOf = ({ logLevel, logFormat }: CommonOptions): Logger =>
  logLevel === "debug" ? new Log("debug", logFormat ?? "text") : { debug: ignore, info: ignore, warn: ignore, error: ignore };
