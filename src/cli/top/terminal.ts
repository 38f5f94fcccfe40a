import type { Abilities } from "./line.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Cells of a line where the width is not known. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** Whether a locale encodes text as UTF-8. Without one, programs use ASCII. */
export function isUnicode(env: Environment, platform: NodeJS.Platform = process.platform): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return platform === "win32" || /utf-?8/i.test(locale);
}

/** What an output stream shows. */
export const abilitiesOf = (hasColor: boolean, env: Environment): Abilities => ({ hasColor, isUnicode: isUnicode(env) });

/** The size of a terminal; what is not known as `COLUMNS` says, which `watch` sets, or else 80 by 24. */
export function sizeOf(output: { readonly columns?: number; readonly rows?: number }, env: Environment): { columns: number; rows: number } {
  const given = Number.parseInt(env["COLUMNS"] ?? "", 10);
  return { columns: output.columns || (given > 0 ? given : DEFAULT_COLUMNS), rows: output.rows || DEFAULT_ROWS };
}
