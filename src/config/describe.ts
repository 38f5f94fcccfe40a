import { openDocument, loadConfig, type LoadOptions, type LoadResult } from "./load.ts";
import { fileSchema } from "./file-schema.ts";
import { redact, type Redacted } from "./redact.ts";

/** A configuration for people who must not see its secrets, and its problems. */
export type DescribedConfig = LoadResult & Redacted;

/**
 * Loads a configuration, and describes it without what may be secret, also if it is invalid.
 *
 * @throws VitalsError as `loadConfig`
 */
export async function describeConfig(options: LoadOptions): Promise<DescribedConfig> {
  const loaded = await loadConfig({ ...options, checksTokenFile: true });
  const { document } = await openDocument(options);
  return { ...loaded, ...redact(fileSchema, document.data(), (path) => document.variablesAt(path)) };
}
