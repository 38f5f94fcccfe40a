/** 64-bit FNV-1a (Fowler, Noll, Vo): offset basis and prime. */
const BASIS = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffff_ffff_ffff_ffffn;

/** Stands between names and values: no UTF-8 text has this byte. */
const SEPARATOR = 0xff;

/**
 * Equal for equal labels, whatever their order, as 16 hexadecimal digits. It is the number Prometheus and Alertmanager give the same
 * labels (FNV-1a over the sorted names and values), so that an alert can be found there by what is shown here.
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

/** FNV-1a of the name as a share from 0 to below 1 (Fowler, Noll, Vo; offset basis and prime for 32 bits). */
export function hashShare(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  // The low bits of short names hardly differ; folding the high ones in spreads them.
  hash ^= hash >>> 15;
  return (Math.imul(hash, 0x2c1b3c6d) >>> 0) / 2 ** 32;
}
