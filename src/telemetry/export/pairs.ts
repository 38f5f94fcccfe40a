import { EXPECTED_HEADER_NAME, EXPECTED_HEADER_VALUE, isHeaderName, isHeaderValue } from "../../base/header.ts";
import { quoted } from "../../base/suggest.ts";

/** The entries of a comma-separated list of `key=value`, such as `OTEL_RESOURCE_ATTRIBUTES`, percent-decoded. */
export interface Pairs {
  readonly pairs: readonly (readonly [key: string, value: string])[];
  /** One phrase for each entry that is left out: its number and its key, never its value, which may be a secret. */
  readonly problems: readonly string[];
}

/** @param problemOf what is wrong with a pair, if anything */
function pairsIn(list: string, problemOf: (key: string, value: string) => string | undefined): Pairs {
  const pairs: (readonly [string, string])[] = [];
  const problems: string[] = [];
  for (const [n, entry] of list.split(",").entries()) {
    if (entry.trim() === "") continue;
    const at = entry.indexOf("=");
    const key = decode(entry.slice(0, Math.max(at, 0)).trim());
    const value = decode(entry.slice(at + 1).trim());
    const problem = at < 0 ? noPair(entry) : problemOf(key, value);
    if (problem === undefined) pairs.push([key, value]);
    else problems.push(`entry ${n + 1}${key === "" ? "" : ` (${quoted(key)})`}: ${problem}`);
  }
  return { pairs, problems };
}

/** Of such an entry nothing is shown but a name before a colon: the rest may be a secret. */
function noPair(entry: string): string {
  const name = /^\s*([\w.-]+)\s*:/.exec(entry)?.[1];
  return name === undefined ? "expected key=value" : `expected key=value, found a colon after ${quoted(name)}`;
}

/** Resource attributes, in the format of `OTEL_RESOURCE_ATTRIBUTES`. */
export const attributePairs = (list: string): Pairs => pairsIn(list, (key) => (key === "" ? "expected a key before =" : undefined));

/** Headers, in the format of `OTEL_EXPORTER_OTLP_HEADERS`. */
export const headerPairs = (list: string): Pairs =>
  pairsIn(list, (name, value) => {
    if (!isHeaderName(name)) return EXPECTED_HEADER_NAME;
    return isHeaderValue(value) ? undefined : EXPECTED_HEADER_VALUE;
  });

/** Text with its percent-encoding decoded; malformed text is returned as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
