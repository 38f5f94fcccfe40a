import { describe, expect, it } from "vitest";
import { isAddressRange, networkOf } from "../../src/base/address.ts";
import { createApp, type AppOptions } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

/** Joins the event stream as a client that connects from an address, and returns the status. */
function setUp(options: AppOptions) {
  const { clock, collector } = scriptedCollector({}, each(["a"]));
  const app = createApp(collector, { clock, maxClientsPerAddress: 1, ...options });
  return async (remoteAddress: string, forwardedFor?: string): Promise<number> => {
    const headers = forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor };
    return (await app.request("/api/v1/events", { headers }, { incoming: { socket: { remoteAddress } } })).status;
  };
}

describe("clients by address", () => {
  it("clients behind a trusted proxy are told apart by the address that the proxy reports", async () => {
    const join = setUp({ trustedProxies: ["10.0.0.0/8"] });
    expect(await join("10.0.0.1", "192.0.2.1")).toBe(200);
    expect(await join("10.0.0.1", "192.0.2.2")).toBe(200);
    expect(await join("::ffff:10.0.0.2", "192.0.2.3:4711")).toBe(200);
    expect(await join("10.0.0.1", "192.0.2.1")).toBe(503);
    expect(await join("10.9.9.9", "::ffff:192.0.2.1")).toBe(503);
  });

  it("an address that a client made up does not count: the header is read from the right, past trusted proxies only", async () => {
    const join = setUp({ trustedProxies: ["10.0.0.0/8", "fd00::/8"] });
    expect(await join("10.0.0.1", "192.0.2.1")).toBe(200);
    expect(await join("10.0.0.1", "198.51.100.1, 192.0.2.1")).toBe(503);
    expect(await join("10.0.0.1", "198.51.100.1, 192.0.2.1, fd00::7,10.1.1.1")).toBe(503);
    expect(await join("10.0.0.1", "198.51.100.1, nonsense, 10.1.1.1")).toBe(200);
    expect(await join("10.1.1.1", "nonsense")).toBe(503);
  });

  it("the header of a client that is no trusted proxy is ignored", async () => {
    for (const options of [{}, { trustedProxies: ["10.0.0.0/8"] }]) {
      const join = setUp(options);
      expect(await join("192.0.2.1", "198.51.100.1")).toBe(200);
      expect(await join("192.0.2.1", "198.51.100.2")).toBe(503);
      expect(await join("::ffff:192.0.2.1")).toBe(503);
    }
  });

  it("all addresses of a 64-bit IPv6 network are one client", async () => {
    const join = setUp({});
    expect(await join("2001:db8::1")).toBe(200);
    expect(await join("2001:db8:0:0:ffff::2")).toBe(503);
    expect(await join("2001:db8:0:1::1")).toBe(200);
    expect(networkOf("2001:db8::5")).toBe("2001:db8:0:0::/64");
    expect(networkOf("::1")).toBe("0:0:0:0::/64");
    expect(networkOf("1:2:3:4:5:6:7::")).toBe("1:2:3:4::/64");
    expect(networkOf("unknown")).toBe("unknown");
  });

  it.each(["10.0.0.0/8", "192.0.2.1", "::1", "fd00::/8", "0.0.0.0/0"])("%s is a range of addresses", (text) => {
    expect(isAddressRange(text)).toBe(true);
  });

  it.each(["", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.0/", "10.0.0.0/8/8", "proxy.example", "10.0.0.0/-1", "fe80::1%eth0"])(
    "%j is no range of addresses, and is refused as a trusted proxy",
    (text) => {
      expect(isAddressRange(text)).toBe(false);
      expect(() => setUp({ trustedProxies: [text] })).toThrow(/trustedProxies.*expected an IP address or a range such as 10\.0\.0\.0\/8/);
    },
  );
});
