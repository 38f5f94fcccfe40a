import type { Context } from "hono";
import { messageOf, stackOf } from "../base/errors.ts";
import { safeLogger, type Logger } from "../base/logger.ts";

/** What a client learns of an internal error. */
export const INTERNAL = "the request failed; the cause is not sent to clients";

/** Logs the error that a request failed with. */
export type FailureLog = (c: Context, error: unknown) => void;

/** Logs internal errors with their stack and those of their causes. */
export function failureLog(logger: Logger): FailureLog {
  const log = safeLogger(logger);
  return (c, error) => log.error(`${c.req.method} ${c.req.path} failed: ${messageOf(error)}`, { stack: stackOf(error) });
}
