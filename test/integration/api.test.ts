import { describe, expect, it } from "vitest";
import type { OpenApiDocument } from "../../src/http/index.ts";
import { ApiJudge, eventsOf } from "../support/api-judge.ts";
import { running } from "../support/command.ts";

describe("the served OpenAPI document", () => {
  it("every response and stream event of the running command matches the OpenAPI document that it serves", async () => {
    await using collector = await running([]);
    const { url } = collector;
    const stream = await fetch(`${url}/api/v1/events`);
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
    const judge = new ApiJudge(document);

    // Until each collection has sent a sample and a window.
    const wanted = new Set(["analytics", "memory", "graph"].flatMap((name) => [`sample ${name}`, `aggregate ${name}`]));
    let text = "";
    for await (const chunk of stream.body ?? []) {
      text += Buffer.from(chunk).toString();
      const whole = eventsOf(text.slice(0, text.lastIndexOf("\n\n") + 2));
      for (const { event, data } of whole) wanted.delete(`${event} ${String((data as { collection?: string }).collection)}`);
      if (wanted.size === 0) break;
    }
    const events = eventsOf(text.slice(0, text.lastIndexOf("\n\n") + 2));
    expect(events.flatMap((event) => judge.schema("StreamEvent", event).map((said) => `${event.event}: ${said}`))).toEqual([]);

    const wrong: string[] = [];
    for (const [path, { get }] of Object.entries(document.paths)) {
      if (!get || path === "/api/v1/events") continue;
      const names = get.parameters.find(({ name }) => name === "name")?.schema.enum ?? [""];
      for (const name of names) {
        const real = path.replace("{name}", name);
        wrong.push(...(await judge.judge("GET", real, await fetch(`${url}${real}`))));
      }
    }
    expect(wrong).toEqual([]);
    const paths = Object.entries(document.paths).flatMap(([path, { get }]) => (get && path !== "/api/v1/events" ? [path] : []));
    expect([...new Set([...judge.seen].map((each) => each.split(" ")[1]))]).toEqual(paths);
    expect(paths.length).toBeGreaterThan(8);
  });
});
