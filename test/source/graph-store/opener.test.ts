import { describe, expect, it } from "vitest";
import { VitalsError } from "../../../src/base/errors.ts";
import { Opener } from "../../../src/source/graph-store/opener.ts";
import { FakeStore, row } from "../../support/fake-store.ts";

const NEVER = new AbortController().signal;

/** A server with one password, and the passwords that were sent to it. */
function server() {
  const sent: string[] = [];
  const state = {
    nowMs: 0,
    password: "wrong",
    right: "right",
    error: new VitalsError("source_failed", "refused", { errorType: "unauthorized" }),
  };
  const opener = new Opener(
    async () => ({ url: "bolt://127.0.0.1:1", user: "u", password: state.password }),
    async ({ password }) => {
      sent.push(password);
      if (password !== state.right) throw state.error;
      return new FakeStore(() => row({}));
    },
    () => state.nowMs,
  );
  return { state, sent, open: () => opener.open(NEVER) };
}

describe("Opener", () => {
  it("a password that was refused is not sent again for a minute, and the error is the same", async () => {
    const { state, sent, open } = server();
    for (state.nowMs = 0; state.nowMs < 60_000; state.nowMs += 5_000) await expect(open()).rejects.toBe(state.error);
    expect(sent).toEqual(["wrong"]);
    await expect(open()).rejects.toBe(state.error);
    expect(sent).toEqual(["wrong", "wrong"]);
  });

  it("another password is tried at once", async () => {
    const { state, sent, open } = server();
    await expect(open()).rejects.toThrow("refused");
    state.password = "right";
    await open();
    expect(sent).toEqual(["wrong", "right"]);
  });

  it("a server that does not answer is tried at each reading", async () => {
    const { state, sent, open } = server();
    state.error = new VitalsError("source_unreachable", "ECONNREFUSED");
    for (let n = 0; n < 3; n += 1) await expect(open()).rejects.toThrow("ECONNREFUSED");
    expect(sent).toHaveLength(3);
  });
});
