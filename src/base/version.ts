import { createRequire } from "node:module";

const { name, version } = createRequire(import.meta.url)("../../package.json") as { readonly name: string; readonly version: string };

/** Name of this package, and the instrumentation scope of everything it measures. */
export const PACKAGE_NAME = name;

/** Version of this package. */
export const PACKAGE_VERSION = version;

/** The semantic conventions that names here follow. */
export const SCHEMA_URL = "https://opentelemetry.io/schemas/1.40.0";
