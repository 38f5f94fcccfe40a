import type { Attributes } from "@opentelemetry/api";
import { randomUUID } from "node:crypto";
import { arch, hostname, platform } from "node:os";

/** Where the semantic conventions have another word than Node. */
const ARCH: Readonly<Record<string, string>> = { arm: "arm32", ppc: "ppc32", x64: "amd64", ia32: "x86" };
const OS: Readonly<Record<string, string>> = { sunos: "solaris", win32: "windows" };

/** What is known of any process: the host, the process, its runtime, and an instance of its own. Names of the semantic conventions. */
export function processResource(): Attributes {
  return {
    "service.instance.id": randomUUID(),
    "host.name": hostname(),
    "host.arch": ARCH[arch()] ?? arch(),
    "os.type": OS[platform()] ?? platform(),
    "process.pid": process.pid,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
  };
}
