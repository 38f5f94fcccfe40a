import { mkdirSync, realpathSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { PACKAGE_NAME } from "../base/version.ts";

/** Permission bits (inode(7)): writable by the group or others; in a sticky folder only an entry's owner may remove or rename it. */
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;
const ROOT_USER = 0;

/**
 * Lets Node reuse what it compiled in earlier runs, which shortens the start. Node runs what it finds there, so the folder is the user's
 * own, not one in the folder for temporary files, where any user may create it first. Without such a folder nothing is reused.
 */
export function useCompileCache(): void {
  const folder = privateFolder(cacheHome(process.env));
  if (folder !== undefined) enableCompileCache(folder);
}

/** The user's folder for caches (XDG Base Directory Specification). */
export function cacheHome(env: NodeJS.ProcessEnv): string {
  const configured = env["XDG_CACHE_HOME"] ?? "";
  return isAbsolute(configured) ? configured : join(homedir(), ".cache");
}

/**
 * The folder of this package in a folder for caches, made if it does not exist.
 *
 * @returns its real path; undefined if it cannot be made, if another user than this process's owns it, or if another user could change it or
 *   replace it through a folder above
 */
export function privateFolder(home: string): string | undefined {
  const user = process.geteuid?.();
  // Windows: permissions say nothing there.
  if (user === undefined) return undefined;
  try {
    const wanted = join(home, PACKAGE_NAME);
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    const folder = realpathSync(wanted);
    const { mode, uid } = statSync(folder);
    return uid === user && (mode & WRITABLE_BY_OTHERS) === 0 && isSafe(dirname(folder), user) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Whether only this user and root can replace an entry of a folder, or the folder itself. */
function isSafe(folder: string, user: number): boolean {
  const { mode, uid } = statSync(folder);
  const isOwned = uid === user || uid === ROOT_USER;
  const isClosed = (mode & WRITABLE_BY_OTHERS) === 0 || (mode & STICKY) !== 0;
  const above = dirname(folder);
  return isOwned && isClosed && (above === folder || isSafe(above, user));
}
