/** One thing that is wrong with a configuration, or worth knowing. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** The file, `--set`, or the name of the built-in defaults. */
  readonly file: string;
  /** From 1; absent where the problem is with the file as a whole. */
  readonly line?: number;
  readonly column?: number;
  /** Dotted path of the setting; empty for the whole file. */
  readonly path: string;
  /** What was expected and what was found. Never a value: it could be a secret. */
  readonly message: string;
}

const LONGEST = 500;

/** `file:line:column path: message` in one bounded line. */
export function lineOf({ severity, file, line, column, path, message }: Problem): string {
  const where = line === undefined ? file : `${file}:${line}:${column}`;
  const what = `${path === "" ? "" : ` ${path}:`} ${severity === "warning" ? "warning: " : ""}${message}`;
  const text = `${where}${where.endsWith(":") || path !== "" ? "" : ":"}${what}`;
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
