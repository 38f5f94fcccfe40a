import { describe, expect, it } from "vitest";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diskFiles } from "../../../src/journal/file/files.ts";
import { decodeHeader, HeaderFile, RESERVED_NUMBERS } from "../../../src/journal/file/header.ts";
import { stateFolder } from "../../support/state-folder.ts";

async function written(...reserved: readonly number[]): Promise<Buffer> {
  const dir = stateFolder();
  await diskFiles.makeFolder(dir);
  const header = new HeaderFile(diskFiles, dir, "none");
  for (const each of reserved) await header.write({ id: "abc", reserved: each });
  const path = join(dir, "header");
  // Another process goes on with the generations of this one.
  await new HeaderFile(diskFiles, dir, decodeHeader(readFileSync(path))).write({ id: "abc", reserved: 99 });
  const bytes = readFileSync(path);
  writeFileSync(path, "");
  return bytes;
}

describe("HeaderFile", () => {
  it.each([[[1]], [[1, 2]], [[1, 2, 3]], [[1, 2, 3, 4]]])("After writing %j the newest header counts", async (reserved) => {
    const bytes = await written(...reserved);
    expect(bytes).toHaveLength(1024);
    expect(decodeHeader(bytes)).toMatchObject({ id: "abc", reserved: 99 });
  });

  it("With one slot damaged, which may have been the newer one, as many numbers more count as reserved", async () => {
    const bytes = await written(1, 2);
    const newest = bytes.indexOf('"reserved":99');
    bytes[newest + 12] = 0;
    expect(decodeHeader(bytes)).toMatchObject({ id: "abc", reserved: 2 + RESERVED_NUMBERS });
  });

  it("With both slots damaged there is no header to go by, and an empty file is none", async () => {
    const bytes = await written(1);
    bytes[20] = bytes[600] = 0;
    expect([decodeHeader(bytes), decodeHeader(Buffer.alloc(0)), decodeHeader(Buffer.alloc(1024))]).toEqual(["damaged", "none", "damaged"]);
  });
});
