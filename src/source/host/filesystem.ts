import { readFile, statfs } from "node:fs/promises";
import type { SystemMetrics } from "../../sample/system-metrics.ts";

type FilesystemUtilization = NonNullable<SystemMetrics["filesystemUtilization"]>;

/** Local filesystems that keep data. Everything else is left out before it is asked: a dead network mount would hang the asker. */
const LOCAL: ReadonlySet<string> = new Set([
  "ext2",
  "ext3",
  "ext4",
  "xfs",
  "btrfs",
  "zfs",
  "f2fs",
  "jfs",
  "reiserfs",
  "bcachefs",
  "vfat",
  "exfat",
  "ntfs3",
  "ufs",
  "apfs",
]);

interface Mount {
  readonly device: string;
  readonly path: string;
}

/** Lines of `/proc/self/mountinfo` that are local, real filesystems; of several mounts of one device, the first. */
export function parseMounts(mountinfo: string): readonly Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of mountinfo.split("\n")) {
    // 36 35 98:0 /root /path options optional-fields... - type source superblock-options
    const [fields = "", after = ""] = line.split(" - ");
    const [, , device, root, path] = fields.split(" ");
    const [type = ""] = after.split(" ");
    if (device === undefined || path === undefined || !LOCAL.has(type)) continue;
    // A mount of a folder, such as a container's /etc/hosts, would repeat its filesystem under another name.
    if (root !== "/" && !(type === "btrfs" || type === "zfs")) continue;
    if (!mounts.has(device)) mounts.set(device, { device, path: unescape(path) });
  }
  return [...mounts.values()];
}

/** The kernel writes spaces, tabs, newlines and backslashes in octal. */
const unescape = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Used shares of the local filesystems. Each is asked by itself: one that does not answer is left out, and not asked again until it has. */
export class Filesystems {
  readonly #mountinfo: string;
  readonly #waiting = new Set<string>();

  /** @param mountinfo path of the list of mounts */
  constructor(mountinfo: string) {
    this.#mountinfo = mountinfo;
  }

  async read(signal: AbortSignal): Promise<FilesystemUtilization | undefined> {
    const mountinfo = await readFile(this.#mountinfo, "utf8").catch(() => undefined);
    if (mountinfo === undefined) return undefined;
    const asked = parseMounts(mountinfo).filter(({ path }) => !this.#waiting.has(path));
    const shares = await Promise.all(asked.map(async ({ path }) => [path, await this.#ask(path, signal)] as const));
    const measured = shares.filter((each): each is readonly [string, number] => each[1] !== undefined && each[0] !== "__proto__");
    return measured.length === 0 ? undefined : Object.fromEntries(measured);
  }

  async #ask(path: string, signal: AbortSignal): Promise<number | undefined> {
    this.#waiting.add(path);
    const answer = statfs(path).then(usedShare, () => undefined);
    void answer.finally(() => this.#waiting.delete(path));
    return Promise.race([answer, aborted(signal)]);
  }
}

/** As `df` has it: of what an ordinary user can fill. */
function usedShare({
  blocks,
  bfree,
  bavail,
}: {
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
}): number | undefined {
  const used = blocks - bfree;
  return used + bavail > 0 ? used / (used + bavail) : undefined;
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
