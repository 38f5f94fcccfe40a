/** Types of local filesystems that store data. By default no request is made to others: a dead network mount would never answer. */
const STORAGE_TYPES: readonly string[] = [
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
  "nilfs2",
  "ubifs",
  "vfat",
  "exfat",
  "ntfs",
  "ntfs3",
  "hfsplus",
  // Local disks through FUSE: NTFS and exFAT by ntfs-3g and others, and a union of disks.
  "fuseblk",
  "fuse.mergerfs",
  // Disks of the machine around a virtual one, such as the drives of Windows in WSL.
  "9p",
  "virtiofs",
  "drvfs",
];

/** Types of the root of a container, which stores what the container writes. Elsewhere they are the roots of other containers. */
const CONTAINER_ROOT_TYPES: readonly string[] = ["overlay", "aufs", "fuse.fuse-overlayfs"];

/** Types of local filesystems that store no data, but that a path may lead through. */
const TRANSIT_TYPES: readonly string[] = ["tmpfs", "ramfs", "rootfs", "devtmpfs", "squashfs", "erofs", "iso9660"];

/** Types of local filesystems, through which a path leads to another filesystem without a network. */
const LOCAL_TYPES: ReadonlySet<string> = new Set([...STORAGE_TYPES, ...CONTAINER_ROOT_TYPES, ...TRANSIT_TYPES]);

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

/** The filesystems to measure, by type and by path. */
export interface FilesystemSelection {
  /** Whether to measure local filesystems that store data, and the root of a container. */
  readonly local: boolean;
  /** Further types. */
  readonly types: ReadonlySet<string>;
  /** Paths whose filesystem is measured whatever its type. */
  readonly paths: readonly string[];
}

/** Stands for the local filesystems in a list of types and paths. */
export const LOCAL = "local";

/** The selection that a list of types, absolute paths and `local` means. */
export function selectionOf(entries: readonly string[]): FilesystemSelection {
  const isPath = (entry: string): boolean => entry.startsWith("/");
  return {
    local: entries.includes(LOCAL),
    types: new Set(entries.filter((entry) => entry !== LOCAL && !isPath(entry))),
    paths: [...new Set(entries.filter(isPath))],
  };
}

/**
 * Paths in `/proc/self/mountinfo` at which filesystems of the selected types, by default the local ones, can be queried without touching
 * another filesystem: neither covered by a later mount nor below one whose type is neither local nor selected. Each filesystem appears
 * once: where it is mounted as a whole, otherwise at its first mount.
 */
export function localPaths(mountinfo: string, { local, types }: FilesystemSelection = selectionOf([LOCAL])): readonly string[] {
  const mounts = mountinfo.split("\n").flatMap(parse);
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const chosen = new Map<string, Mount>();
  const isSelected = ({ path, type }: Mount): boolean =>
    types.has(type) || (local && (STORAGE_TYPES.includes(type) || (path === "/" && CONTAINER_ROOT_TYPES.includes(type))));
  const isSafe = ({ type }: Mount): boolean => types.has(type) || LOCAL_TYPES.has(type);
  for (const mount of mounts) {
    if (!isSelected(mount) || RUNTIME_FILES.has(mount.path)) continue;
    const earlier = chosen.get(mount.device);
    if (earlier && (earlier.root === "/" || mount.root !== "/")) continue;
    const ancestors = ancestorsOf(mount, byId);
    if (ancestors.every(isSafe) && !mounts.some((other) => covers(other, mount, ancestors))) chosen.set(mount.device, mount);
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

/** Whether another mount covers a mount, or a folder of its path. */
const covers = (other: Mount, mount: Mount, ancestors: readonly Mount[]): boolean =>
  !ancestors.includes(other) && (mount.path === other.path || mount.path.startsWith(other.path === "/" ? "/" : `${other.path}/`));
