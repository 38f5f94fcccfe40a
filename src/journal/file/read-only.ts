import { join } from "node:path";
import { messageOf, VitalsError } from "../../base/errors.ts";
import { quoted } from "../../base/suggest.ts";
import { diskFiles, type Files } from "./files.ts";
import { hasPreamble, PREAMBLE_BYTES, scan, type StoredRecord } from "./format.ts";
import { decodeHeader, HEADER_FILE } from "./header.ts";
import { ordinalOf } from "./segment.ts";

/** What was read of a folder. */
export interface FolderRead {
  /** Bytes that are no sound records, those at the end of the newest segment excepted: its owner may be writing them. */
  readonly damagedBytes: number;
}

/**
 * Reads the records of a folder in order, also while a process owns it: takes no lock, repairs nothing and writes nothing. What the owner
 * removes meanwhile is left out. The first record that is not complete at the end of the newest segment is the end.
 *
 * @param onRecord called for each sound record, oldest first; of entries with the same number only the first
 * @throws VitalsError `state_unreadable` if the folder cannot be read, contains no journal or that of another version
 */
export async function readFolder(
  dir: string,
  onRecord: (record: StoredRecord) => void,
  files: Pick<Files, "list" | "read"> = diskFiles,
): Promise<FolderRead> {
  const names = (await orUnreadable(dir, () => files.list(dir))).map(({ name }) => name);
  const segments = names.filter((name) => ordinalOf(name) !== undefined).toSorted();
  if (!names.includes(HEADER_FILE) && segments.length === 0)
    throw new VitalsError("state_unreadable", `expected the state directory of a collector, found no journal in ${quoted(dir)}`);
  if (names.includes(HEADER_FILE) && decodeHeader(await orUnreadable(dir, () => files.read(join(dir, HEADER_FILE)))) === "other version")
    throw new VitalsError("state_unreadable", `the state in ${quoted(dir)} was written by another version of this program`);
  let [damagedBytes, newest] = [0, 0];
  const onSound = (record: StoredRecord): void => {
    if (record.type === "entry" && record.seq <= newest) return;
    if (record.type === "entry") newest = record.seq;
    onRecord(record);
  };
  for (const [n, name] of segments.entries()) {
    const content = await orUnreadable(dir, () => unlessRemoved(files.read(join(dir, name))));
    if (!content) continue;
    const isNewest = n === segments.length - 1;
    // A sound record whose content has another form was written by another version.
    const damages = await orUnreadable(dir, async () =>
      hasPreamble(content) ? scan(content, PREAMBLE_BYTES, onSound).damages : [[0, content.length] as const],
    );
    for (const [from, to] of damages) if (!isNewest || to < content.length) damagedBytes += to - from;
  }
  return { damagedBytes };
}

async function unlessRemoved(content: Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function orUnreadable<T>(dir: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new VitalsError("state_unreadable", `the state in ${quoted(dir)} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
