import { describe, expect, it } from "vitest";
import { request } from "node:http";
import { resolve } from "../../src/collector/resolve.ts";
import { collectorOf } from "../../src/collector/create-collector.ts";
import { isVitalsError } from "../../src/base/errors.ts";
import { serve } from "../../src/http/index.ts";

/** The status of a request whose header has these bytes. */
const statusOf = (url: string, authorization: Buffer): Promise<number | undefined> =>
  new Promise((done, failed) => {
    const options = { headers: { authorization: authorization.toString("latin1") } };
    request(`${url}/api/v1/health`, options, (response) => done(response.resume().statusCode))
      .on("error", failed)
      .end();
  });

describe("the server's token", () => {
  it("serve accepts a token that is not ASCII from clients that send UTF-8 and from those that send Latin-1", async () => {
    const collector = collectorOf(resolve({}));
    await using server = await serve(collector, { port: 0, token: "größe 7" });
    expect(await statusOf(server.url, Buffer.from("Bearer größe 7", "utf8"))).toBe(200);
    expect(await statusOf(server.url, Buffer.from("Bearer größe 7", "latin1"))).toBe(200);
    expect(await statusOf(server.url, Buffer.from("Bearer grösse 7", "utf8"))).toBe(401);
    await collector.shutdown();
  });

  it.each([" x", "x ", "x\r", "x\ny", "\t"])(
    "serve refuses the token %j, which no client can send, and does not show it",
    async (token) => {
      const collector = collectorOf(resolve({}));
      const error: unknown = await serve(collector, { port: 0, token }).catch((thrown: unknown) => thrown);
      expect(isVitalsError(error) && error.message).toMatch(
        /^invalid options of .*token: expected a token: printable text .*found text \(hidden\)$/,
      );
      await collector.shutdown();
    },
  );
});
