import { endpointOf, unavailable, whyUnavailable } from "../endpoint.ts";
import { hasColor } from "../log.ts";
import { print } from "../output.ts";
import { EXIT, type CommandLine } from "../usage.ts";
import { Follower } from "./follower.ts";
import { reportOf } from "./frame.ts";
import { painted } from "./line.ts";
import { Live } from "./live.ts";
import { abilitiesOf, sizeOf } from "./terminal.ts";

/** Displays a running collector: live on a terminal, once elsewhere and with `--once`. */
export async function top({ common, own, positionals }: CommandLine): Promise<number> {
  const endpoint = await endpointOf(common, positionals);
  const why = await unavailable(endpoint);
  if (why) {
    console.error(why.text);
    return why.code;
  }
  const { stdin, stdout, env } = process;
  const abilities = abilitiesOf(hasColor(stdout), env);
  if (stdout.isTTY && env["TERM"] !== "dumb" && own["once"] !== true) {
    const follower: Follower = new Follower(endpoint, () => live.changed());
    const live = new Live(follower, abilities, stdin, stdout);
    follower.open();
    try {
      return await live.run();
    } finally {
      follower.close();
    }
  }
  const follower = new Follower(endpoint, () => {});
  try {
    await follower.read();
  } catch (error) {
    const { code, text } = whyUnavailable(error, endpoint.host);
    console.error(text);
    return code;
  }
  const { columns } = sizeOf(stdout, env);
  await print(
    reportOf(follower.view(), columns)
      .map((line) => painted(line, columns, abilities))
      .join("\n"),
  );
  return EXIT.fine;
}
