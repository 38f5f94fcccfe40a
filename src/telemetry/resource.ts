import type { Attributes } from "@opentelemetry/api";
import { randomUUID } from "node:crypto";
import { arch, hostname, platform } from "node:os";

/** What is known of any process: the host, the process, its runtime, and an instance of its own. Names of the semantic conventions. */
export function processResource(): Attributes {
  return {
    "service.instance.id": randomUUID(),
    "host.name": hostname(),
    "host.arch": arch(),
    "os.type": platform(),
    "process.pid": process.pid,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
  };
}
