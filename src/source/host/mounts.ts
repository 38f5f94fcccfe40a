/** Types of local filesystems that store data. No request is made to others: a dead network mount would never answer. */
const STORAGE_TYPES: ReadonlySet<string> = new Set([
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

/** Types of local filesystems that store no data, but that a path may lead through. */
const TRANSIT_TYPES: ReadonlySet<string> = new Set([
  "overlay",
  "aufs",
  "tmpfs",
  "ramfs",
  "rootfs",
  "devtmpfs",
  "squashfs",
  "erofs",
  "iso9660",
]);

/** Files that container runtimes mount individually from the host's disk; their paths do not name a filesystem. */
const RUNTIME_FILES: ReadonlySet<string> = new Set(["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log"]);

interface Mount {
  readonly id: string;
  readonly parent: string;
  readonly device: string;
  /** The mounted folder of the filesystem; `/` for the whole filesystem. */
  readonly root: string;
  readonly path: string;
  readonly type: string;
}

/**
 * Paths in `/proc/self/mountinfo` at which local filesystems that store data can be queried without touching another filesystem: neither
 * covered by a later mount nor below a remote one. Each filesystem appears once: where it is mounted as a whole, otherwise at its first
 * mount.
 */
export function localPaths(mountinfo: string): readonly string[] {
  const mounts = mountinfo.split("\n").flatMap(parse);
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const chosen = new Map<string, Mount>();
  for (const mount of mounts) {
    if (!STORAGE_TYPES.has(mount.type) || RUNTIME_FILES.has(mount.path)) continue;
    const earlier = chosen.get(mount.device);
    if (earlier && (earlier.root === "/" || mount.root !== "/")) continue;
    const ancestors = ancestorsOf(mount, byId);
    if (ancestors.every(isLocal) && !mounts.some((other) => covers(other, mount, ancestors))) chosen.set(mount.device, mount);
  }
  return [...chosen.values()].map(({ path }) => path);
}

/** `36 35 98:0 /root /path options optional-fields... - type source superblock-options`. Malformed lines are skipped. */
function parse(line: string): readonly Mount[] {
  const [before = "", after = ""] = line.split(" - ");
  const [id, parent, device, root, path] = before.split(" ");
  const [type] = after.split(" ");
  if (id === undefined || parent === undefined || device === undefined || root === undefined || !path || !type) return [];
  return [{ id, parent, device, root: unescape(root), path: unescape(path), type }];
}

/** The kernel escapes spaces, tabs, newlines and backslashes in octal. */
const unescape = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The mount itself and those it lies in, up to the root. Ends if the list is circular. */
function ancestorsOf(mount: Mount, byId: ReadonlyMap<string, Mount>): readonly Mount[] {
  const ancestors = new Set<Mount>();
  for (let next: Mount | undefined = mount; next && !ancestors.has(next); next = byId.get(next.parent)) ancestors.add(next);
  return [...ancestors];
}

const isLocal = ({ type }: Mount): boolean => STORAGE_TYPES.has(type) || TRANSIT_TYPES.has(type);

/** Whether another mount covers a mount, or a folder of its path. */
const covers = (other: Mount, mount: Mount, ancestors: readonly Mount[]): boolean =>
  !ancestors.includes(other) && (mount.path === other.path || mount.path.startsWith(other.path === "/" ? "/" : `${other.path}/`));
