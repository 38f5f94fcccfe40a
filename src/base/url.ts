import * as z from "zod";

/**
 * An http or https URL without credentials; empty for none, which is what an unset variable leaves.
 *
 * @param advice where credentials belong instead, for the message
 */
export const optionalUrl = (advice = "") =>
  z
    .union([z.literal(""), z.url({ protocol: /^https?$/ })], { error: "expected an http or https URL, or nothing" })
    .refine((text) => !hasCredentials(text), `expected a URL without credentials${advice}`);

/** Whether an http or https URL has a user name or a password. They would be shown wherever it is, and `fetch` refuses them. */
export function hasCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && (url.username !== "" || url.password !== "");
}
