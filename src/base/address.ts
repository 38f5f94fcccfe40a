import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";

/** An IP address in one notation: lower case, IPv6 compressed, an IPv4 address that is mapped into IPv6 as IPv4. Undefined for other text. */
export function ipAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const compressed = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(compressed) ?? [];
  if (high === undefined || low === undefined) return compressed;
  const [left, right] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [left >> 8, left & 255, right >> 8, right & 255].join(".");
}

/** A name or an address in one notation: in lower case, without the brackets of IPv6 or the dot that ends a complete name. */
export function canonicalHost(host: string): string {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return ipAddress(name) ?? name.replace(/\.$/, "");
}

/** Whether only this machine can reach an address or name. */
export const isLoopback = (host: string): boolean => isLoopbackName(canonicalHost(host));

/** Whether a canonical name or address is one that only this machine can reach. */
export const isLoopbackName = (name: string): boolean => name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

/** Whether text can be listened on: an IP address, or what may be the name of a host. */
export const isHost = (text: string): boolean => isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text));

/** What an entry of the names that a Host header may have expects. */
export const EXPECTED_ALLOWED_HOST = 'expected a host name or an IP address without a port, or "*" for any';

/** Whether a Host header can have this name: a host name, or an IP address with or without the brackets of IPv6. `*` allows any, and empty text none. */
export const isAllowedHost = (text: string): boolean => text === "*" || text === "" || isHost(text.replace(/^\[(.*)\]$/, "$1"));

/**
 * What limits by address count as one client: an IPv4 address, or the first 64 bits of an IPv6 address, because one machine has all the
 * addresses of such a network. Other text is returned unchanged.
 */
export function networkOf(address: string): string {
  const known = ipAddress(address);
  if (known === undefined) return address;
  if (isIPv4(known)) return known;
  const [head = "", tail] = known.split("::");
  const [before, after] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":"))) as [string[], string[]];
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => "0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}

const PREFIX_BITS = { 4: 32, 6: 128 } as const;

/** Whether text is an IP address or a CIDR range, such as `10.0.0.0/8` or `fd00::/8`. */
export const isAddressRange = (text: string): boolean => parseRange(text) !== undefined;

function parseRange(text: string): { readonly address: string; readonly bits: number; readonly family: "ipv4" | "ipv6" } | undefined {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address) as 0 | 4 | 6;
  if (version === 0 || address.includes("%") || rest.length > 0) return undefined;
  const max = PREFIX_BITS[version];
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > max)) return undefined;
  return { address, bits: bits === undefined ? max : Number(bits), family: version === 4 ? "ipv4" : "ipv6" };
}

/** Addresses and CIDR ranges. */
export class AddressRanges {
  readonly #ranges = new BlockList();

  /** @param ranges what `isAddressRange` accepts; other text matches nothing */
  constructor(ranges: readonly string[]) {
    for (const text of ranges) {
      const range = parseRange(text);
      if (range) this.#ranges.addSubnet(range.address, range.bits, range.family);
    }
  }

  /** Whether an IP address is in one of the ranges; an IPv4 address also if it is mapped into IPv6. */
  include(address: string): boolean {
    const known = ipAddress(address);
    return known !== undefined && this.#ranges.check(known, isIPv4(known) ? "ipv4" : "ipv6");
  }
}
