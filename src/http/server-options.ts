import * as z from "zod";

/** `collector.server` of a configuration file. */
export const serverOptions = z.strictObject({
  /** Address to bind. Anything but loopback needs a token, or `insecure: true`. */
  host: z.string().min(1).default("127.0.0.1"),
  /** 0 lets the system choose. */
  port: z.int().min(0).max(65_535).default(9464),
  /** What clients send as a bearer token; empty for none. */
  token: z
    .string()
    .nullish()
    .transform((token) => token ?? ""),
  /** A file that holds the token, instead of `token`. */
  token_file: z.string().optional(),
  /** Names beside loopback's by which clients may ask for the server. */
  allowed_hosts: z.array(z.string()).default([]),
  /** Lets an open address go without a token. */
  insecure: z.boolean().default(false),
  /** Clients of the event stream, in all and from one address. */
  max_clients: z.int().min(1).max(1_000_000).default(10_000),
  max_clients_per_address: z.int().min(1).max(1_000_000).default(100),
});
export type ServerOptions = z.output<typeof serverOptions>;
