import type { Attributes } from "@opentelemetry/api";
import { randomUUID } from "node:crypto";
import { arch, hostname, platform } from "node:os";

/** Values for which the semantic conventions use another word than Node. */
const ARCH: Readonly<Record<string, string>> = { arm: "arm32", ppc: "ppc32", x64: "amd64", ia32: "x86" };
const OS: Readonly<Record<string, string>> = { sunos: "solaris", win32: "windows" };

/** Resource attributes of any process, by the semantic conventions: host, process, runtime, and a new instance id with each call. */
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
