import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { AddressRanges, ipAddress, networkOf } from "../base/address.ts";

/** Tells clients apart for limits: by the address that connects, or behind a trusted proxy by the address that the proxy reports. */
export class ClientAddresses {
  readonly #proxies: AddressRanges;

  /** @param trustedProxies addresses and CIDR ranges of proxies that add the address of their client to `X-Forwarded-For` */
  constructor(trustedProxies: readonly string[]) {
    this.#proxies = new AddressRanges(trustedProxies);
  }

  /**
   * The IPv4 address of the client, or the 64-bit network of its IPv6 address. Each proxy appends the address that it was connected from,
   * so the header is read from the right, up to the first address that is no trusted proxy: what is left of it can be made up.
   */
  of(c: Context): string {
    const client = this.exact(c);
    return client === undefined ? "unknown" : networkOf(client);
  }

  /** The IP address of the client; undefined where the runtime does not report it. */
  exact(c: Context): string | undefined {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    const connected = incoming?.socket?.remoteAddress;
    if (connected === undefined) return undefined;
    let client = connected;
    const hops = (c.req.header("x-forwarded-for") ?? "").split(",");
    for (let hop = hops.pop(); hop !== undefined && this.#proxies.include(client); hop = hops.pop()) {
      const address = ipAddress(withoutPort(hop.trim()));
      if (address === undefined) break;
      client = address;
    }
    return ipAddress(client) ?? client;
  }
}

/** Some proxies add the port of the connection. */
const withoutPort = (text: string): string => /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, "$1");
