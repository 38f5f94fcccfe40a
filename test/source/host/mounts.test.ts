import { describe, expect, it } from "vitest";
import { localPaths, selectionOf } from "../../../src/source/host/mounts.ts";

let ids = 100;
interface Given {
  readonly type: string;
  readonly parent?: string;
  readonly device?: string;
  readonly root?: string;
  readonly id?: string;
}
/** One line of mountinfo; by default on a separate device, and directly below the root. */
function mount(path: string, { type, parent = "1", id = String((ids += 1)), device = `8:${id}`, root = "/" }: Given): string {
  return `${id} ${parent} ${device} ${root} ${path} rw,relatime shared:1 master:2 - ${type} /dev/x rw`;
}
const ROOT = mount("/", { type: "ext4", id: "1", parent: "0" });
const paths = (...lines: readonly string[]): readonly string[] => localPaths(`${lines.join("\n")}\n`);

describe("localPaths", () => {
  it("localPaths lists local filesystems that store data", () => {
    const types = [
      "proc",
      "sysfs",
      "tmpfs",
      "overlay",
      "nfs",
      "nfs4",
      "cifs",
      "fuse.sshfs",
      "fuse",
      "ceph",
      "autofs",
      "cgroup2",
      "squashfs",
    ];
    expect(paths(ROOT, ...types.map((type) => mount(`/mnt/${type}`, { type })))).toEqual(["/"]);
    expect(paths(mount("/a", { type: "xfs" }), mount("/b", { type: "btrfs" }), mount("/c", { type: "zfs" }))).toEqual(["/a", "/b", "/c"]);
  });

  it.each(["fuseblk", "fuse.mergerfs", "9p", "virtiofs", "drvfs", "ntfs3"])("localPaths lists a filesystem of type %s", (type) => {
    expect(paths(ROOT, mount("/mnt/c", { type }))).toEqual(["/", "/mnt/c"]);
    expect(paths(mount("/", { type, id: "1", parent: "0" }), mount("/data", { type: "ext4" }))).toEqual(["/", "/data"]);
  });

  it("localPaths unescapes the paths", () => {
    expect(paths(mount("/my\\040data\\134\\011x", { type: "xfs" }), mount("/größe", { type: "ext4" }))).toEqual([
      "/my data\\\tx",
      "/größe",
    ]);
  });

  it("localPaths accepts any number of optional fields", () => {
    expect(paths("36 35 98:0 / /none rw - ext4 /dev/a rw", "37 35 98:1 / /two rw shared:1 master:2 - ext4 /dev/a rw")).toEqual([
      "/none",
      "/two",
    ]);
  });

  it("localPaths lists each filesystem once: where it is mounted as a whole, otherwise at its first mount", () => {
    const volume = mount("/var/lib/app", { type: "ext4", device: "8:1", root: "/volumes/app" });
    const again = mount("/var/lib/other", { type: "ext4", device: "8:1", root: "/volumes/other" });
    const whole = mount("/disk", { type: "ext4", device: "8:1" });
    expect(paths(volume, again)).toEqual(["/var/lib/app"]);
    expect(paths(volume, again, whole)).toEqual(["/disk"]);
    expect(paths(whole, volume)).toEqual(["/disk"]);
    expect(
      paths(mount("/", { type: "btrfs", device: "0:30", root: "/@" }), mount("/home", { type: "btrfs", device: "0:30", root: "/@home" })),
    ).toEqual(["/"]);
  });

  it("localPaths ignores the single files that container runtimes mount", () => {
    const files = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"].map((path) =>
      mount(path, { type: "ext4", device: "8:1", root: `/var/lib/c${path}` }),
    );
    expect(paths(...files)).toEqual([]);
    expect(paths(...files, mount("/data", { type: "ext4", device: "8:1", root: "/volumes/data" }))).toEqual(["/data"]);
  });
});

describe("localPaths with a network mount", () => {
  it("localPaths leaves out a local filesystem below a network mount at the same path", () => {
    expect(paths(ROOT, mount("/data", { type: "ext4", id: "2" }), mount("/data", { type: "nfs4", parent: "2" }))).toEqual(["/"]);
  });

  it("localPaths leaves out a local filesystem if a network mount covers a folder of its path", () => {
    const local = mount("/mnt/data/disk", { type: "xfs" });
    expect(paths(ROOT, local)).toEqual(["/", "/mnt/data/disk"]);
    expect(paths(ROOT, local, mount("/mnt/data", { type: "nfs" }))).toEqual(["/"]);
    expect(paths(ROOT, local, mount("/mnt/dat", { type: "nfs" }))).toEqual(["/", "/mnt/data/disk"]);
  });

  it("localPaths leaves out a local filesystem that is mounted inside a network mount", () => {
    expect(
      paths(
        ROOT,
        mount("/net", { type: "nfs4", id: "2" }),
        mount("/net/deep", { type: "tmpfs", parent: "2", id: "3" }),
        mount("/net/deep/disk", { type: "xfs", parent: "3" }),
      ),
    ).toEqual(["/"]);
  });

  it("localPaths is empty if the root is a network mount", () => {
    expect(paths(mount("/", { type: "nfs4", id: "1", parent: "0" }), mount("/data", { type: "ext4" }))).toEqual([]);
  });
});

describe("localPaths in containers", () => {
  it.each(["overlay", "aufs", "fuse.fuse-overlayfs"])(
    "localPaths lists the root of a container of type %s, and no other mount of it",
    (type) => {
      const root = mount("/", { type, id: "1", parent: "0" });
      expect(paths(root, mount("/data", { type: "ext4" }))).toEqual(["/", "/data"]);
      expect(paths(ROOT, mount("/var/lib/docker/overlay2/abc/merged", { type }))).toEqual(["/"]);
    },
  );

  it("localPaths lists a filesystem below an overlay or a filesystem in memory", () => {
    const overlay = mount("/", { type: "overlay", id: "1", parent: "0" });
    expect(paths(overlay, mount("/run", { type: "tmpfs", id: "2" }), mount("/run/disk", { type: "ext4", parent: "2" }))).toEqual([
      "/",
      "/run/disk",
    ]);
  });

  it("localPaths lists a filesystem that covers another mount", () => {
    expect(
      paths(ROOT, mount("/data", { type: "ext4", id: "2", device: "8:2" }), mount("/data", { type: "xfs", parent: "2", device: "8:3" })),
    ).toEqual(["/", "/data"]);
    expect(
      paths(
        mount("/", { type: "ext4", id: "1", parent: "0", device: "8:1" }),
        mount("/", { type: "ext4", parent: "1", id: "2", device: "8:2" }),
      ),
    ).toEqual(["/"]);
  });
});

describe("localPaths with a selection", () => {
  const LIST = `${[ROOT, mount("/share", { type: "nfs4", id: "2" }), mount("/share/disk", { type: "xfs", parent: "2" })].join("\n")}\n`;

  it("localPaths lists only the named types", () => {
    expect(localPaths(LIST, selectionOf(["nfs4"]))).toEqual(["/share"]);
    expect(localPaths(LIST, selectionOf([]))).toEqual([]);
  });

  it("localPaths lists a filesystem below one of a named type", () => {
    expect(localPaths(LIST, selectionOf(["local"]))).toEqual(["/"]);
    expect(localPaths(LIST, selectionOf(["local", "nfs4"]))).toEqual(["/", "/share", "/share/disk"]);
  });

  it("selectionOf separates types, paths and the word for local filesystems", () => {
    expect(selectionOf(["local", "/data", "fuse.sshfs", "/data"])).toEqual({
      local: true,
      types: new Set(["fuse.sshfs"]),
      paths: ["/data"],
    });
  });
});

describe("localPaths with a malformed list", () => {
  it("localPaths skips malformed lines", () => {
    expect(paths("", "nonsense", "36 35 8:1", "36 35 8:1 / /x rw - ", " - ext4 x rw", mount("/ok", { type: "ext4" }))).toEqual(["/ok"]);
  });

  it("localPaths ends with a circular list", () => {
    expect(paths(mount("/a", { type: "ext4", id: "2", parent: "3" }), mount("/a/b", { type: "ext4", id: "3", parent: "2" }))).toEqual([
      "/a",
      "/a/b",
    ]);
  });
});
