import { watch as watchFolder } from "node:fs";
import { readlink, stat } from "node:fs/promises";
import { basename, join, parse, resolve, sep } from "node:path";
import { messageOf } from "../base/errors.ts";

/** Calls `onEvent` with the name of each file in a folder that changes, until it is closed; `onEnd` when the system cannot go on. */
export type WatchFolder = (
  folder: string,
  onEvent: (name: string | null) => void,
  onEnd: () => void,
) => {
  close(): void;
};

/** As the system notifies about changes, such as Linux' inotify; nothing comes from a network mount that another machine writes to. */
const systemWatch: WatchFolder = (folder, onEvent, onEnd) => {
  const watcher = watchFolder(folder, { persistent: false }, (_, name) => onEvent(name));
  watcher.on("error", onEnd);
  return watcher;
};

interface Watched {
  readonly identity: string;
  readonly close: () => void;
  names: ReadonlySet<string>;
}

/**
 * Notifies when a path may lead to other contents: when its file changes or is replaced, and when a link on the way to it is. Kubernetes
 * replaces a link to a folder.
 */
export class FolderEvents implements Disposable {
  readonly #path: string;
  readonly #onEvent: () => void;
  readonly #watch: WatchFolder;
  readonly #watched = new Map<string, Watched>();

  /** @param path absolute */
  constructor(path: string, onEvent: () => void, watch: WatchFolder = systemWatch) {
    this.#path = path;
    this.#onEvent = onEvent;
    this.#watch = watch;
  }

  /** Watches the folders that matter now, and no others. Returns why one of them cannot be watched; undefined if all are. Never rejects. */
  async follow(): Promise<string | undefined> {
    const places = await placesOf(this.#path);
    for (const [folder, { close }] of this.#watched) {
      if (places.has(folder)) continue;
      close();
      this.#watched.delete(folder);
    }
    let problem: string | undefined;
    for (const [folder, names] of places) problem = (await this.#follow(folder, names)) ?? problem;
    return problem;
  }

  [Symbol.dispose](): void {
    for (const { close } of this.#watched.values()) close();
    this.#watched.clear();
  }

  async #follow(folder: string, names: ReadonlySet<string>): Promise<string | undefined> {
    try {
      const { dev, ino, birthtimeMs } = await stat(folder);
      const identity = `${dev}:${ino}:${birthtimeMs}`;
      const watched = this.#watched.get(folder);
      if (watched?.identity === identity) {
        watched.names = names;
        return undefined;
      }
      // Another folder of the same name, which the system does not watch for us.
      this.#end(folder);
      this.#watched.set(folder, { identity, names, close: this.#open(folder, identity) });
      return undefined;
    } catch (error) {
      this.#end(folder);
      return `${folder}: ${messageOf(error)}`;
    }
  }

  /** Returns what closes it. */
  #open(folder: string, identity: string): () => void {
    const end = (): void => {
      if (this.#watched.get(folder)?.identity === identity) this.#end(folder);
    };
    const watcher = this.#watch(
      folder,
      (name) => {
        // The end of a folder comes with its own name; one that takes its place may have its number.
        const isEnd = name === basename(folder);
        if (isEnd) end();
        if (isEnd || name === null || this.#watched.get(folder)?.names.has(name)) this.#onEvent();
      },
      end,
    );
    return () => watcher.close();
  }

  #end(folder: string): void {
    this.#watched.get(folder)?.close();
    this.#watched.delete(folder);
  }
}

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** The folders in which a path can be led elsewhere, each with the names in it that matter: of links on the way, and of the file. */
async function placesOf(path: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const places = new Map<string, Set<string>>();
  let { root: folder } = parse(path);
  let rest = partsOf(path);
  for (let links = 0; rest.length > 0 && links <= MAX_LINKS;) {
    const [name = "", ...following] = rest;
    // Rejects for what is no link, and for what does not exist.
    const target = await readlink(join(folder, name)).catch(() => undefined);
    if (target !== undefined || following.length === 0) places.set(folder, (places.get(folder) ?? new Set()).add(name));
    if (target === undefined) {
      folder = join(folder, name);
      rest = following;
      continue;
    }
    links += 1;
    const absolute = resolve(folder, target);
    folder = parse(absolute).root;
    rest = [...partsOf(absolute), ...following];
  }
  return places;
}

const partsOf = (path: string): readonly string[] =>
  path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((part) => part !== "");
