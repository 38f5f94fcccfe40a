/** Local filesystems that keep data. Everything else is left out before it is asked: a dead network mount would hang the asker. */
const KEEPS_DATA: ReadonlySet<string> = new Set([
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
  "hfsplus",
]);

/** What a path may lead through besides: local filesystems that keep no data of their own. */
const LEADS_ON: ReadonlySet<string> = new Set(["overlay", "aufs", "tmpfs", "ramfs", "rootfs", "devtmpfs", "squashfs", "erofs", "iso9660"]);

/** Files that container runtimes mount one by one from the host's disk; nobody knows a filesystem by their names. */
const RUNTIME_FILES: ReadonlySet<string> = new Set(["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log"]);

interface Mount {
  readonly id: string;
  readonly parent: string;
  readonly device: string;
  /** Which of the filesystem's folders is mounted; `/` for all of it. */
  readonly root: string;
  readonly path: string;
  readonly type: string;
}

/**
 * Paths at which `/proc/self/mountinfo` says that local, real filesystems can be asked without touching any other: neither
 * covered by a later mount, nor reached through a remote one. Each filesystem once: where it is mounted as a whole, else at its
 * first mount.
 */
export function localPaths(mountinfo: string): readonly string[] {
  const mounts = mountinfo.split("\n").flatMap(parse);
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const chosen = new Map<string, Mount>();
  for (const mount of mounts) {
    if (!KEEPS_DATA.has(mount.type) || RUNTIME_FILES.has(mount.path)) continue;
    const earlier = chosen.get(mount.device);
    if (earlier && (earlier.root === "/" || mount.root !== "/")) continue;
    const way = wayTo(mount, byId);
    if (way.every(isLocal) && !mounts.some((other) => covers(other, mount, way))) chosen.set(mount.device, mount);
  }
  return [...chosen.values()].map(({ path }) => path);
}

/** `36 35 98:0 /root /path options optional-fields... - type source superblock-options`. What makes no sense is passed over. */
function parse(line: string): readonly Mount[] {
  const [before = "", after = ""] = line.split(" - ");
  const [id, parent, device, root, path] = before.split(" ");
  const [type] = after.split(" ");
  if (id === undefined || parent === undefined || device === undefined || root === undefined || !path || !type) return [];
  return [{ id, parent, device, root: unescape(root), path: unescape(path), type }];
}

/** The kernel writes spaces, tabs, newlines and backslashes in octal. */
const unescape = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The mount and those it lies in, up to the root; a list that goes in circles is followed once round. */
function wayTo(mount: Mount, byId: ReadonlyMap<string, Mount>): readonly Mount[] {
  const way = new Set<Mount>();
  for (let next: Mount | undefined = mount; next && !way.has(next); next = byId.get(next.parent)) way.add(next);
  return [...way];
}

const isLocal = ({ type }: Mount): boolean => KEEPS_DATA.has(type) || LEADS_ON.has(type);

/** Whether the path to a mount ends at another, which lies over it or over a folder on the way. */
const covers = (other: Mount, mount: Mount, way: readonly Mount[]): boolean =>
  !way.includes(other) && (mount.path === other.path || mount.path.startsWith(other.path === "/" ? "/" : `${other.path}/`));
