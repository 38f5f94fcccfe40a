/** One family of a Prometheus text exposition. */
export interface Family {
  readonly type: string;
  readonly help: string;
  /** By sample name and sorted labels, the value. */
  readonly samples: ReadonlyMap<string, number>;
}

export interface Exposition {
  readonly families: ReadonlyMap<string, Family>;
  /** Names of all labels. */
  readonly labels: ReadonlySet<string>;
}

interface Draft {
  type: string;
  help: string;
  readonly samples: Map<string, number>;
}

/** Reads Prometheus text format 0.0.4, without the given labels. @throws for an invalid line */
export function parseExposition(text: string, without: ReadonlySet<string> = new Set()): Exposition {
  const families = new Map<string, Draft>();
  const labels = new Set<string>();
  let family: Draft = { type: "", help: "", samples: new Map() };
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (keyword !== undefined) {
      family = families.get(name) ?? { type: "", help: "", samples: new Map() };
      families.set(name, family);
      if (keyword === "HELP") family.help = rest;
      else family.type = rest;
      continue;
    }
    const { key, names, value } = sampleOf(line, without);
    for (const label of names) labels.add(label);
    if (family.samples.has(key)) throw new Error(`two samples of one series: ${key}`);
    family.samples.set(key, value);
  }
  return { families, labels };
}

function sampleOf(
  line: string,
  without: ReadonlySet<string>,
): { readonly key: string; readonly names: readonly string[]; readonly value: number } {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (!match) throw new Error(`expected a sample, found "${line.slice(0, 200)}"`);
  const [, name, inside = "", value = ""] = match;
  const pairs = [...inside.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text] as const);
  const kept = pairs.filter(([label]) => !without.has(label as string)).map(([label, text]) => `${label}="${canonical(label, text)}"`);
  return { key: `${name}{${kept.sort().join(",")}}`, names: pairs.map(([label]) => label as string), value: numberOf(value) };
}

/** Bounds of buckets are numbers, whatever their digits. */
const canonical = (label: string | undefined, text = ""): string => (label === "le" ? String(numberOf(text)) : text);

const numberOf = (text: string): number => (text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text));
