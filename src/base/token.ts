import * as z from "zod";

/** No control characters, no line ends; a blank only inside. */
const TOKEN = /^(?!\s)[^\p{C}\p{Zl}\p{Zp}]+(?<!\s)$/u;

export const EXPECTED_TOKEN = "expected a token: printable text on one line, without a blank at its start or end";

/** Whether a text can be sent and typed as a token: printable, on one line, with no blank at either end. */
export const isToken = (text: string): boolean => TOKEN.test(text);

/** A token in a configuration; empty for none. */
export const optionalToken = () =>
  z
    .string()
    .nullish()
    .transform((token) => token ?? "")
    .refine((token) => token === "" || isToken(token), EXPECTED_TOKEN);
