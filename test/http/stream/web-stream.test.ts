import { describe, expect, it } from "vitest";
import { webStream, type Client } from "../../../src/http/stream/client.ts";

/** A client on a web stream, with the stream that its reader has. */
function connected() {
  let joined: Client | undefined;
  const left: string[] = [];
  const body = webStream((client) => {
    joined = client;
    return { read: () => {}, cancel: () => void left.push("cancelled") };
  });
  return { client: joined as unknown as Client, body, left };
}

describe("a client on a web stream", () => {
  it("a web stream may be closed twice and written to afterwards, and its reader gets what was written before", async () => {
    const { client, body } = connected();
    client.write(Buffer.from("data: 1\n\n"));
    for (let twice = 0; twice < 2; twice += 1) client.close();
    client.write(Buffer.from("data: 2\n\n"));
    expect(client.closed).toBe(true);
    expect(await new Response(body).text()).toBe("data: 1\n\n");
  });

  it("a web stream that its reader has cancelled may be closed and written to", async () => {
    const { client, body, left } = connected();
    await body.cancel();
    client.close();
    client.write(Buffer.from("data: 1\n\n"));
    expect([client.closed, left]).toEqual([true, ["cancelled"]]);
  });
});
