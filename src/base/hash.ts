/** 64-bit FNV-1a (Fowler, Noll, Vo): offset basis and prime. */
const BASIS = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffff_ffff_ffff_ffffn;

/** Separates names and values; this byte never occurs in UTF-8. */
const SEPARATOR = 0xff;

/**
 * Fingerprint of labels as 16 hexadecimal digits, independent of their order. Prometheus and Alertmanager compute the same one (FNV-1a over
 * the sorted names and values), so that an alert can be found there by its fingerprint.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let hash = BASIS;
  const add = (byte: number): void => void (hash = ((hash ^ BigInt(byte)) * PRIME) & MASK);
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const text of [name, value]) {
      for (const byte of Buffer.from(text)) add(byte);
      add(SEPARATOR);
    }
  }
  return hash.toString(16).padStart(16, "0");
}

/** Hash of a name as a number from 0 to below 1: 32-bit FNV-1a (Fowler, Noll, Vo). */
export function hashShare(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  // The low bits of short names hardly differ; mixing in the high bits spreads them.
  hash ^= hash >>> 15;
  return (Math.imul(hash, 0x2c1b3c6d) >>> 0) / 2 ** 32;
}
