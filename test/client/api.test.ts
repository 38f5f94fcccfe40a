import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, requestsTo } from "../../src/client/api.ts";

const request = requestsTo("", {});

afterEach(() => void vi.unstubAllGlobals());

const answer = (body: string | null, status: number, type?: string): void => {
  vi.stubGlobal("fetch", async () => new Response(body, { status, headers: type === undefined ? {} : { "content-type": type } }));
};

describe("request", () => {
  it.each(["application/json", "application/json; charset=UTF-8", "application/health+json"])(
    "request returns an answer of type %s",
    async (type) => {
      answer('{"a":1}', 200, type);
      expect(await request("api/v1/stats")).toEqual({ a: 1 });
    },
  );

  it("request rejects a proxy's sign-in page, and says what it received", async () => {
    answer("<!doctype html>", 200, "text/html; charset=utf-8");
    await expect(request("api/v1/stats")).rejects.toThrow(
      new ApiError(200, "Received text/html instead of JSON; a proxy may require you to sign in"),
    );
    await expect(request("api/v1/stats")).rejects.toBeInstanceOf(ApiError);
  });

  it("request sends its defaults to its base", async () => {
    const sent: unknown[] = [];
    vi.stubGlobal("fetch", async (url: string, { method, headers, redirect }: RequestInit) => {
      sent.push(url, method, headers, redirect);
      return Response.json({});
    });
    await requestsTo("http://127.0.0.1:1/vitals/", { headers: { a: "b" }, redirect: "manual" })("api/v1/stats", { method: "POST" });
    expect(sent).toEqual(["http://127.0.0.1:1/vitals/api/v1/stats", "POST", { a: "b" }, "manual"]);
  });

  it("request returns nothing for an empty answer", async () => {
    answer(null, 204);
    expect(await request("api/v1/session")).toBeUndefined();
  });

  it("request throws the detail of a problem, and the status of an error page", async () => {
    answer('{"title":"Forbidden","detail":"the token is wrong"}', 403, "application/problem+json");
    await expect(request("api/v1/session")).rejects.toThrow("the token is wrong");
    answer("<html>", 502, "text/html");
    await expect(request("api/v1/session")).rejects.toThrow("HTTP status 502");
  });
});
