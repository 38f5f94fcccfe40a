import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Maximum depth that is followed; groups are nested less deeply. */
const MAX_DEPTH = 32;

/** One hierarchy of control groups in `/proc/self/cgroup`: its controllers, none for version 2, and the path of this process's group. */
export interface GroupPath {
  readonly controllers: readonly string[];
  readonly path: string;
}

/** The groups of this process. Only the first two colons of a line separate: a path may contain more. */
export function groupPaths(proc: string): readonly GroupPath[] {
  return [...contentOf(join(proc, "self/cgroup")).matchAll(/^\d+:([^:\n]*):(\/.*)$/gm)].map(([, controllers = "", path = ""]) => ({
    controllers: controllers === "" ? [] : controllers.split(","),
    path,
  }));
}

/**
 * The folders of a group and of those around it, up to the root of the hierarchy; undefined if no group is visible there.
 *
 * In a container the path may be that on the host although only the container's own group is visible; that is then the root.
 *
 * @param file the name of a file that each group has
 */
export function groupFolders(root: string, path: string, file: string): readonly [string, ...string[]] | undefined {
  const own = join(root, join("/", path));
  const folder = existsSync(join(own, file)) ? own : root;
  if (!existsSync(join(folder, file))) return undefined;
  const folders: [string, ...string[]] = [folder];
  for (let next = folder; next !== root && folders.length < MAX_DEPTH; folders.push(next)) next = dirname(next);
  return folders;
}

/** The smallest limit. Zero is ignored: it would make every utilization infinite. */
export function smallest(limits: readonly (number | undefined)[]): number | undefined {
  const set = limits.filter((limit) => limit !== undefined && limit > 0) as readonly number[];
  return set.length === 0 ? undefined : Math.min(...set);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
