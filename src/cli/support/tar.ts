const BLOCK = 512;

/** A file of an archive. */
export interface Entry {
  /** In ASCII, at most 100 characters. */
  readonly name: string;
  readonly content: string;
}

/** An archive in the format ustar of POSIX.1-1988, which every tar reads. @param timeMs time of all files, in milliseconds */
export function tarOf(entries: readonly Entry[], timeMs: number): Buffer {
  const files = entries.flatMap(({ name, content }) => {
    const data = Buffer.from(content);
    return [headerOf(name, data.length, timeMs), data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...files, Buffer.alloc(2 * BLOCK)]);
}

function headerOf(name: string, size: number, timeMs: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, length: number): void => {
    header.write(value.toString(8).padStart(length - 1, "0"), offset, "ascii");
  };
  header.write(name, 0, 100, "ascii");
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(timeMs / 1_000), 136, 12);
  header.write(" ".repeat(8), 148, "ascii");
  header.write("0", 156, "ascii");
  header.write("ustar", 257, "ascii");
  header.write("00", 263, "ascii");
  // The sum of all bytes, with blanks in its own place.
  const sum = header.reduce((total, byte) => total + byte, 0);
  octal(sum, 148, 7);
  header[154] = 0;
  return header;
}
