/** Who paused a collection, as far as it is known. */
export interface Pauser {
  /** What the program or person that paused it gives as its name: not checked by anyone. */
  readonly by?: string;
  /** How the request was authorized; absent if the program that runs the collector paused it. */
  readonly access?: "session" | "token";
  /** IP address of the client; absent if the program paused it. */
  readonly address?: string;
}

/** No control characters, no line ends. */
const NAME = /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u;

export const EXPECTED_BY = "expected at most 100 printable characters on one line";

/** Whether text can be shown as the name of who paused a collection. */
export const isBy = (text: string): boolean => NAME.test(text);

/** Words that follow "paused": ` by Ada (10.0.0.7)`; empty if nothing is known. */
export function byText({ by, address }: Pauser): string {
  if (by === undefined) return address === undefined ? "" : ` by ${address}`;
  return address === undefined ? ` by ${by}` : ` by ${by} (${address})`;
}
