import * as z from "zod";

/**
 * Schemas of texts that can be shown to anybody: names, references to them, lengths of time, sizes. A text of any other schema may be a
 * secret, or contain one.
 */
export const harmless = z.registry<object>();
