import { createRequire } from "node:module";

const { name, version } = createRequire(import.meta.url)("../../package.json") as { readonly name: string; readonly version: string };

/** Name of this package, and of the instrumentation scope of all its metrics and log records. */
export const PACKAGE_NAME = name;

/** Version of this package. */
export const PACKAGE_VERSION = version;

/** Schema URL of the semantic conventions that the metric names follow. */
export const SCHEMA_URL = "https://opentelemetry.io/schemas/1.40.0";
