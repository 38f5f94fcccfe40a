import { summaryOf } from "../../src/base/issues.ts";
import { diagLogger, type Logger } from "../../src/base/logger.ts";
import { resolveSource, Source, type AnySourceKind, type SourceContext } from "../../src/source/source.ts";

type TestContext = Omit<SourceContext, "signal" | "logger"> & { readonly logger?: Logger };

/** A source of a kind, from options as they are configured. */
export function makeSource(kind: AnySourceKind, options: unknown, context: TestContext): Source {
  const resolved = resolveSource(context.name, kind, options, context.types);
  if (!resolved.ok) throw new Error(summaryOf(resolved.issues, "the options"));
  return new Source(resolved.data, { logger: diagLogger, ...context });
}
