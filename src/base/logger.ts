import { diag } from "@opentelemetry/api";
import { PACKAGE_NAME } from "./version.ts";

/** Details of a log line, such as a host or a count. No secrets: logs are stored and forwarded. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Where a collector and its sources log. `console` is one. What a logger throws is ignored. */
export interface Logger {
  /** Details for the search of a fault. @param message one line @param fields what the line is about; default: nothing more */
  debug(message: string, fields?: LogFields): void;
  /** What normally happens, such as a start. @param message one line @param fields as for `debug` */
  info(message: string, fields?: LogFields): void;
  /** What still works but should be looked into. @param message one line @param fields as for `debug` */
  warn(message: string, fields?: LogFields): void;
  /** What does not work. @param message one line @param fields as for `debug` */
  error(message: string, fields?: LogFields): void;
}

/** Logs to OpenTelemetry's `diag`, which drops everything until the program calls `diag.setLogger`. */
export const diagLogger: Logger = {
  debug: (message, fields) => diag.debug(`${PACKAGE_NAME}: ${message}`, ...argumentsOf(fields)),
  info: (message, fields) => diag.info(`${PACKAGE_NAME}: ${message}`, ...argumentsOf(fields)),
  warn: (message, fields) => diag.warn(`${PACKAGE_NAME}: ${message}`, ...argumentsOf(fields)),
  error: (message, fields) => diag.error(`${PACKAGE_NAME}: ${message}`, ...argumentsOf(fields)),
};

const argumentsOf = (fields: LogFields | undefined): readonly LogFields[] => (fields === undefined ? [] : [fields]);

/** The same logger, which never throws: a broken log must not end what is logged about. */
export function safeLogger(logger: Logger): Logger {
  const safely =
    (level: keyof Logger): Logger["error"] =>
    (message, fields) => {
      try {
        logger[level](message, fields);
      } catch {
        // There is nowhere left to report it.
      }
    };
  return { debug: safely("debug"), info: safely("info"), warn: safely("warn"), error: safely("error") };
}

/** The same logger with fields that every line gets; a line's own fields take precedence. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  return {
    debug: (message, own) => logger.debug(message, { ...fields, ...own }),
    info: (message, own) => logger.info(message, { ...fields, ...own }),
    warn: (message, own) => logger.warn(message, { ...fields, ...own }),
    error: (message, own) => logger.error(message, { ...fields, ...own }),
  };
}
