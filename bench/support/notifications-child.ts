/** Sends fifty notifications, and tells its parent how much resident memory it had before and has afterwards, in MB. */
import { setTimeout as sleep } from "node:timers/promises";
import { post, urlWithPath } from "../../src/health/sink/post.ts";

const [way, url = ""] = process.argv.slice(2);
const body = [{ labels: { alertname: "Bench" } }];
const { signal } = new AbortController();
const send =
  way === "fetch"
    ? async () => void (await (await fetch(url, { method: "POST", body: JSON.stringify(body), signal })).text())
    : () => post(urlWithPath(url), body, {}, signal);
const residentMb = (): number => process.memoryUsage.rss() / 1e6;
const before = residentMb();
for (let n = 0; n < 50; n += 1) await send();
// What is compiled in the background is part of it.
await sleep(2_000);
process.send?.({ before, after: residentMb() }, () => process.exit());
