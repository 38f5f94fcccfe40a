import { spawnSync } from "node:child_process";
import type { TestOptions } from "vitest";

/** Ways to start a program with processes and mounts of its own: as root of its own user namespace, or as root. */
const WAYS = [
  ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount"],
  ["sudo", "-n", "unshare", "--pid", "--fork", "--mount"],
] as const;

const way = WAYS.find(([program, ...args]) => spawnSync(program, [...args, "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0);

/** For a test that needs `namespaced`. */
export const needsNamespaces: TestOptions = way
  ? {}
  : { skip: true, meta: { skipReason: "this system allows no namespaces of processes and mounts" } };

/** A command line that runs a shell script with processes and mounts of its own; its processes end with it. */
export function namespaced(script: string): readonly string[] {
  if (!way) throw new Error("this system allows no namespaces");
  return [...way, "--kill-child", "sh", "-ec", script];
}
