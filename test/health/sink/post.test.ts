import { describe, expect, it } from "vitest";
import { post, reach, urlWithPath } from "../../../src/health/sink/post.ts";
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
    const error = await errorOf(post(urlWithPath(`${server.url}/hook?token=secret`), {}, {}, signal));
    expect(isSinkRefusal(error)).toBe(true);
    expect(error).toMatchObject({ retryable: false, message: `POST ${server.url}/hook returned ${status}` });
  });

  it.each([301, 302, 303, 307, 308])("post throws a refusal for the redirect %d, and names the origin of its target", async (status) => {
    const location = "https://user:secret@login.example:8443/sign-in?return=secret";
    await using server = await serveHttp((request, response) => {
      request.resume();
      request.on("end", () => response.writeHead(status, { location }).end());
    });
    const error = await errorOf(post(urlWithPath(`${server.url}/hook?token=secret`), {}, {}, signal));
    expect(isSinkRefusal(error)).toBe(true);
    expect(error).toMatchObject({
      retryable: false,
      errorType: String(status),
      message:
        `POST ${server.url}/hook was redirected to https://login.example:8443 (${status}); ` +
        "set the URL that accepts the request, because redirects are not followed",
    });
  });

  it("post names the origin of a relative redirect, and none where the response has no target", async () => {
    for (const [location, target] of [
      ["/elsewhere", (url: string) => ` to ${url}`],
      ["http://[", () => ""],
      [undefined, () => ""],
    ] as const) {
      await using server = await serveHttp((request, response) => {
        request.resume();
        request.on("end", () => response.writeHead(302, location === undefined ? {} : { location }).end());
      });
      const { message } = (await errorOf(post(urlWithPath(`${server.url}/hook`), {}, {}, signal))) as Error;
      expect(message).toContain(`/hook was redirected${target(server.url)} (302); `);
    }
  });

  it.each([408, 429, 500, 503])("post throws a retryable error for status %d", async (status) => {
    await using server = await answering(status);
    const error = await errorOf(post(urlWithPath(`${server.url}/hook`), {}, {}, signal));
    expect(isSinkRefusal(error)).toBe(false);
    expect(error).toMatchObject({ code: "export_failed", retryable: true, message: `POST ${server.url}/hook returned ${status}` });
  });

  it("post sends JSON with its length, on a connection that it closes", async () => {
    const received: unknown[] = [];
    await using server = await serveHttp((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += String(chunk)));
      request.on("end", () => {
        const { "content-length": length, "content-type": type, connection, "x-key": key } = request.headers;
        received.push({ body, length, type, connection, key, url: request.url });
        response.end("an ignored response");
      });
    });
    await post(urlWithPath(`${server.url}/hook?token=secret`), { text: "é" }, { "x-key": "1" }, signal);
    const sent = { body: '{"text":"é"}', length: "13", type: "application/json", connection: "close", key: "1", url: "/hook?token=secret" };
    expect(received).toEqual([sent]);
  });

  it.each(["before", "during"])("post throws the reason of an abort %s the request", async (when) => {
    const abort = new AbortController();
    const reason = new Error("no response within 10 s");
    await using server = await serveHttp(() => abort.abort(reason));
    if (when === "before") abort.abort(reason);
    expect(await errorOf(post(urlWithPath(server.url), {}, {}, abort.signal))).toBe(reason);
  });

  it("post names the cause of a failed connection, without the query of the URL", async () => {
    const server = await answering(200);
    const { url } = server;
    await server[Symbol.asyncDispose]();
    expect(await errorOf(post(urlWithPath(`${url}/hook?token=secret`), {}, {}, signal))).toMatchObject({
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
      expect(await reach(urlWithPath(server.url), {}, signal)).toBe(status);
    }
    for (const status of [401, 404, 500]) {
      await using server = await answering(status);
      expect(await errorOf(reach(urlWithPath(server.url), {}, signal))).toMatchObject({ message: `HEAD ${server.url} returned ${status}` });
    }
    await using server = await answering(302);
    expect(await errorOf(reach(urlWithPath(server.url), {}, signal))).toMatchObject({
      message: expect.stringContaining("was redirected (302)") as string,
    });
  });
});

describe("alertOptions", () => {
  it("alertOptions reject a URL with credentials, without repeating them", () => {
    const result = alertOptions.safeParse({ webhook: { url: "https://user:secret@pager.example/hook" } });
    expect(result.error?.issues.map(({ message }) => message)).toEqual(["expected a URL without credentials; set them in headers"]);
    expect(alertOptions.parse({ webhook: { url: "https://pager.example/hook" } }).webhook.url).toBe("https://pager.example/hook");
  });
});
