import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { isVitalsError } from "../../src/base/errors.ts";
import { missingOf } from "../../src/source/incomplete.ts";
import type { AnySourceKind, Source } from "../../src/source/source.ts";
import type { SampleType } from "../../src/sample/sample-type.ts";
import type { Missing } from "../../src/sample/sample.ts";
import { makeSource } from "./source.ts";

/** What became of a reading. */
export interface ReadOutcome {
  readonly values?: Readonly<Record<string, unknown>>;
  readonly missing?: Missing;
  readonly code?: string;
  readonly errorType?: string;
  /** What an operator is shown. */
  readonly message?: string;
}

export interface StoreSource extends AsyncDisposable {
  readonly source: Source;
  readonly logged: string[];
  /** Reads once. Never rejects. @param timeoutMs default: 4 s */
  readonly read: (type?: string, timeoutMs?: number) => Promise<ReadOutcome>;
}

/** A source of a store, closed at the end of the scope. */
export function storeSource(kind: AnySourceKind, options: object, types: readonly SampleType[] = []): StoreSource {
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const source = makeSource(kind, options, {
    name: "memory",
    baseDir: process.cwd(),
    clock: systemClock,
    types: new Map(types.map((type) => [type.name, type])),
    logger: { debug: log, info: log, warn: log, error: log },
  });
  return {
    source,
    logged,
    async read(type = "agent-memory", timeoutMs = 4_000) {
      const reading = source.readings.get(type);
      if (!reading) throw new Error(`no reading of ${type}`);
      try {
        const values = (await source.read(reading, AbortSignal.timeout(timeoutMs), { timeoutMs })) as Readonly<Record<string, unknown>>;
        const missing = missingOf(values);
        return { values: { ...values }, ...(missing ? { missing } : {}) };
      } catch (error) {
        if (isVitalsError(error)) return { code: error.code, errorType: error.errorType, message: error.message };
        return { code: "aborted", message: (error as Error).message };
      }
    },
    [Symbol.asyncDispose]: () => source.close(),
  };
}

/** What a store's connection says in a process in which a package cannot be found: the code and the message of its error. */
export async function withoutPackage(name: string, file: string, connect: string): Promise<string> {
  const hook = `export const resolve = (name, context, next) => {
    if (name === ${JSON.stringify(name)}) throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    return next(name, context);
  };`;
  const program = `
    (await import("node:module")).register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));
    const { ${connect} } = await import(${JSON.stringify(new URL(`../../src/store/${file}.ts`, import.meta.url).href)});
    const settings = { url: "redis://127.0.0.1:1", user: "", password: "" };
    await ${connect}(settings, new AbortController().signal).catch(({ code, message }) => console.log(code, message));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  return stdout.trim();
}
