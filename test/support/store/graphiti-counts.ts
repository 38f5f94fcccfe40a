import { countBy, countedGraph, countedSilence, countedTopology, numbersOf, type Numbers } from "../engines/counted.ts";
import type { Dump } from "../engines/dump.ts";
import { DIMENSIONS } from "../engines/graphiti.ts";

/** Every number of the layout `graphiti`, counted from every node and relation of a graph. @param nowMs from when ages count */
export const countedGraphiti = (dump: Dump, nowMs: number): Numbers =>
  numbersOf({ ...countedMemory(dump, nowMs), ...countedGraph(dump, kindOf), ...countedTopology(dump) });

function countedMemory({ nodes, relations }: Dump, nowMs: number): Record<string, unknown> {
  const labelled = (label: string) => nodes.filter(({ labels }) => labels.includes(label)).map(({ properties }) => properties);
  const [entities, episodes] = [labelled("Entity"), labelled("Episodic")];
  const facts = relations.filter(({ type }) => type === "RELATES_TO").map(({ properties }) => properties);
  const mentioned = new Set(relations.filter(({ type }) => type === "MENTIONS").map(({ to }) => to));
  const moments = (items: typeof facts) => items.map(({ created_at }) => Date.parse(String(created_at))).toSorted((a, b) => b - a);
  const [newest = Number.NaN, oldest = Number.NaN] = [moments(episodes)[0], moments(episodes).at(-1)];
  const lagMs = Math.max(0, newest - (moments(facts)[0] ?? oldest));
  const retired = facts.filter(({ expired_at }) => expired_at !== undefined && expired_at !== null);
  const isEmbedded = (key: string) => (item: (typeof facts)[number]) => Array.isArray(item[key]);
  const embedded = entities.filter(isEmbedded("name_embedding")).length + facts.filter(isEmbedded("fact_embedding")).length;
  const sizes = entities
    .filter(isEmbedded("name_embedding"))
    .toSorted((a, b) => Date.parse(String(b["created_at"])) - Date.parse(String(a["created_at"])))
    .map(({ name_embedding }) => (name_embedding as readonly number[]).length)
    .slice(0, 20);
  const embeddings = new Map(
    entities
      .filter(isEmbedded("name_embedding"))
      .map(({ name, name_embedding: vector }) => [`${String(name)} ${JSON.stringify(vector)}`, vector]),
  );
  const repeats = Object.values(countBy([...embeddings.values()], (vector) => JSON.stringify(vector)));
  const newestFacts = facts.toSorted((a, b) => Date.parse(String(b["created_at"])) - Date.parse(String(a["created_at"]))).slice(0, 50);
  const recent = Math.max(...Object.values(countBy(newestFacts, ({ fact }) => String(fact)))) / newestFacts.length;
  const statements = Object.values(countBy(facts, ({ group_id, fact }) => JSON.stringify([group_id, fact])));
  const ofFacts = {
    invalidatedShare: retired.length / facts.length,
    memoryEfficiency: statements.length / facts.length,
    commonestShare: Math.max(...statements) / facts.length,
  };
  return {
    totalMemories: episodes.length + facts.length,
    memories: { episodic: episodes.length, semantic: facts.length },
    episodes: episodes.length,
    newestMemoryAge: (nowMs - newest) / 1_000,
    oldestMemoryAge: (nowMs - oldest) / 1_000,
    extractionLag: lagMs / 1_000,
    unextractedEpisodes: moments(episodes).filter((moment) => moment > (moments(facts)[0] ?? 0)).length,
    ...countedSilence(moments(episodes), nowMs),
    invalidated: retired.length,
    embeddingCoverage: embedded / (entities.length + facts.length),
    embeddingDimension: sizes[0],
    embeddingMismatch: sizes.filter((size) => size !== DIMENSIONS).length / sizes.length,
    duplicates: { name: entities.length - Object.keys(countBy(entities, ({ group_id, name }) => JSON.stringify([group_id, name]))).length },
    scopes: new Set(episodes.map(({ group_id }) => group_id)).size,
    unreferencedNodes: nodes.filter(({ id, labels }) => labels.includes("Entity") && !mentioned.has(id)).length,
    ...(facts.length === 0 ? {} : ofFacts),
    ...(embeddings.size < 20 ? {} : { commonestEmbeddingShare: Math.max(...repeats) / embeddings.size }),
    ...(newestFacts.length < 50 ? {} : { recentCommonestShare: recent }),
  };
}

const kindOf = ({ labels }: { readonly labels: readonly string[] }): string =>
  ["Entity", "Episodic", "Community", "Saga"].find((label) => labels.includes(label)) ?? "other";
