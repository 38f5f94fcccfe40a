import * as z from "zod";
import { harmless } from "./harmless.ts";
import { shownValue } from "./issues.ts";

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, kB: 1e3, MB: 1e6, GB: 1e9 };

const EXPECTED = 'expected a size such as "256MiB" or "1GiB", or a number of bytes';

/** Bytes of a size such as `256MiB`; undefined for text that is none. */
export function parseSize(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([KMG]iB|[kMG]B)$/.exec(text) ?? [];
  const bytes = Math.round(Number(digits) * (UNITS[unit] ?? Number.NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A size in a configuration: text such as `256MiB`, or a number of bytes. The output is in bytes. @param min smallest size in bytes */
export const sizeSchema = (min: number, shownMin: string) =>
  z
    .union([z.string(), z.number()], { error: EXPECTED })
    .transform((value, context) => {
      const bytes = typeof value === "number" ? value : parseSize(value);
      const problem = (message: string): never => {
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      };
      if (bytes === undefined || !Number.isSafeInteger(bytes)) return problem(`${EXPECTED}; found ${shownValue(value, false)}`);
      return bytes < min ? problem(`expected at least ${shownMin}; found ${shownValue(value, false)}`) : bytes;
    })
    .register(harmless, {});
