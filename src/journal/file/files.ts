import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

/** A file that is open for writing. */
export interface OpenFile {
  /** Writes all of `data` at a byte offset. A retry after an error overwrites what the first attempt has written. */
  write(data: Uint8Array, offset: number): Promise<void>;
  /** Resolves once what was written survives a loss of power. */
  sync(): Promise<void>;
  /** Whether the file still has a name. */
  isLinked(): Promise<boolean>;
  close(): Promise<void>;
}

export interface FileSize {
  readonly name: string;
  readonly bytes: number;
}

/** The file operations of the engine; tests replace them with ones that fail or hang. */
export interface Files {
  /** Creates a folder that only its owner can enter, with its parents, unless it exists. */
  makeFolder(path: string): Promise<void>;
  /** Names and sizes of the regular files in a folder. */
  list(folder: string): Promise<readonly FileSize[]>;
  read(path: string): Promise<Buffer>;
  readRange(path: string, offset: number, bytes: number): Promise<Buffer>;
  /** Creates a file that only its owner can read; it must not exist. */
  create(path: string): Promise<OpenFile>;
  /** Opens an existing file for writing. */
  openExisting(path: string): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes created, renamed and removed names survive a loss of power. */
  syncFolder(path: string): Promise<void>;
}

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

class OpenDiskFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(data: Uint8Array, offset: number): Promise<void> {
    for (let written = 0; written < data.length;) {
      const { bytesWritten } = await this.#handle.write(data, written, data.length - written, offset + written);
      written += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async isLinked(): Promise<boolean> {
    return (await this.#handle.stat()).nlink > 0;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export const diskFiles: Files = {
  async makeFolder(path) {
    // The mode of an existing folder is up to its owner, who may share it with other programs.
    const created = await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
    if (created !== undefined) await chmod(path, PRIVATE_FOLDER);
  },
  async list(folder) {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })));
  },
  read: (path) => readFile(path),
  async readRange(path, offset, bytes) {
    await using handle = await open(path, "r");
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
    return buffer.subarray(0, bytesRead);
  },
  create: async (path) => new OpenDiskFile(await open(path, "wx", PRIVATE_FILE)),
  openExisting: async (path) => new OpenDiskFile(await open(path, "r+")),
  rename,
  remove: (path) => rm(path, { force: true }),
  async syncFolder(path) {
    await using handle = await open(path, "r");
    await handle.sync();
  },
};
