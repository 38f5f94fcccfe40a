import type { Status } from "../health/status.ts";

/** A status as text, where nothing can be drawn: in a terminal, and in the title of a tab. */
export const SIGN: Readonly<Record<Status, string>> = { healthy: "●", degraded: "▲", unhealthy: "◆", critical: "✖", unknown: "○" };
