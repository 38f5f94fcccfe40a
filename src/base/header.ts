import * as z from "zod";

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\u0020-\u007e]*$/;

/** Whether text is the name of an HTTP header: a token of RFC 9110. */
export const isHeaderName = (name: string): boolean => NAME.test(name);

/** Whether text is the value of an HTTP header that every receiver reads alike: printable ASCII on one line. */
export const isHeaderValue = (value: string): boolean => VALUE.test(value);

/** What messages say about a name that is none. */
export const EXPECTED_HEADER_NAME = "expected a valid HTTP header, whose name consists of letters, digits and !#$%&'*+-.^_`|~";

/** What messages say about a value that is none. */
export const EXPECTED_HEADER_VALUE = "expected a valid HTTP header, whose value is printable ASCII on one line";

/** Headers by name. Checked here, because HTTP clients refuse a header only when it is sent, with an error that contains its value. */
export const headersSchema = z.record(z.string(), z.string()).check(({ value, issues }) => {
  for (const [name, text] of Object.entries(value)) {
    const message = !isHeaderName(name) ? EXPECTED_HEADER_NAME : isHeaderValue(text) ? undefined : EXPECTED_HEADER_VALUE;
    if (message !== undefined) issues.push({ code: "custom", message, path: [name], input: text });
  }
});
