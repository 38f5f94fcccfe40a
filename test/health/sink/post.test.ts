import { describe, expect, it } from "vitest";
import { post, reach } from "../../../src/health/sink/post.ts";
import { alertOptions, isSinkRefusal } from "../../../src/health/sink/sink.ts";
import { serveHttp } from "../../support/http-server.ts";

/** What `work` throws. */
async function errorOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("expected an error, found none");
}

async function answering(status: number) {
  return serveHttp((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(status).end());
  });
}

const { signal } = new AbortController();

describe("post", () => {
  it.each([400, 401, 404, 422])("post throws a refusal for status %d, which a retry cannot change", async (status) => {
    await using server = await answering(status);
    const error = await errorOf(post(`${server.url}/hook?token=secret`, {}, {}, signal));
    expect(isSinkRefusal(error)).toBe(true);
    expect(error).toMatchObject({ retryable: false, message: `POST ${server.url}/hook returned ${status}` });
  });

  it.each([408, 429, 500, 503])("post throws a retryable error for status %d", async (status) => {
    await using server = await answering(status);
    const error = await errorOf(post(`${server.url}/hook`, {}, {}, signal));
    expect(isSinkRefusal(error)).toBe(false);
    expect(error).toMatchObject({ code: "export_failed", retryable: true, message: `POST ${server.url}/hook returned ${status}` });
  });

  it("post names the cause of a failed connection, without the query of the URL", async () => {
    const server = await answering(200);
    const { url } = server;
    await server[Symbol.asyncDispose]();
    expect(await errorOf(post(`${url}/hook?token=secret`, {}, {}, signal))).toMatchObject({
      code: "export_failed",
      retryable: true,
      message: `POST ${url}/hook failed: ECONNREFUSED`,
    });
  });
});

describe("reach", () => {
  it("reach returns the status of a HEAD that says nothing against a POST, and throws for one that does", async () => {
    for (const status of [200, 204, 405, 501]) {
      await using server = await answering(status);
      expect(await reach(server.url, {}, signal)).toBe(status);
    }
    for (const status of [302, 401, 404, 500]) {
      await using server = await answering(status);
      expect(await errorOf(reach(server.url, {}, signal))).toMatchObject({ message: `HEAD ${server.url} returned ${status}` });
    }
  });
});

describe("alertOptions", () => {
  it("alertOptions reject a URL with credentials, without repeating them", () => {
    const result = alertOptions.safeParse({ webhook: { url: "https://user:secret@pager.example/hook" } });
    expect(result.error?.issues.map(({ message }) => message)).toEqual(["expected a URL without credentials; set them in headers"]);
    expect(alertOptions.parse({ webhook: { url: "https://pager.example/hook" } }).webhook.url).toBe("https://pager.example/hook");
  });
});
