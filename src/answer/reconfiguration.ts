import * as z from "zod";
import { listOf, maybe } from "./shape.ts";

const change = z.enum(["added", "removed", "changed", "unchanged"]);
/** What a reconfiguration makes of one part of a collector. */
export type ConfigurationChange = z.output<typeof change>;

const changedPart = z.object({
  name: z.string().describe("Its key in the configuration."),
  change: change.describe("What the new configuration makes of it."),
});

export const reconfigurationReport = z
  .object({
    collections: listOf(
      changedPart.extend({
        kept: maybe(listOf(z.string())).describe(
          'What a changed collection takes over, in words such as "412 samples" or "2 open alerts"; absent if it was not changed.',
        ),
        reason: maybe(z.string()).describe("What was changed, or why nothing is kept; absent where the change alone says it."),
      }),
    ).describe("The collections of both configurations, the removed ones last."),
    sources: listOf(changedPart).describe("The sources of both configurations, the removed ones last."),
    sinks: listOf(changedPart).describe("The sinks of both configurations, the removed ones last."),
    settings: listOf(z.string()).describe("Paths of other settings that differ and apply from now on, such as `health.flapping`."),
    restart: listOf(z.string()).describe("Paths of settings that differ and apply after a restart, such as `state.dir`."),
  })
  .describe("What a new configuration has changed. Paths are relative to the `collector` section.");
/** What a new configuration has changed. */
export type ReconfigurationReport = Readonly<z.output<typeof reconfigurationReport>>;
