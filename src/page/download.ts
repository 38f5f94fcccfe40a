import { AROUND_MS, type Moment } from "./view-range.ts";
import { askSamples } from "./loader.ts";
import type { Model } from "./model.ts";
import { h } from "./dom.ts";

/** Everything about a moment in one object: what happened, and every sample of the minute before and after. */
export async function momentFile(model: Model, moment: Moment): Promise<object> {
  const range = { fromMs: moment.atMs - AROUND_MS, toMs: moment.atMs + AROUND_MS };
  const isWithin = (time: string | undefined): boolean =>
    time !== undefined && Date.parse(time) >= range.fromMs && Date.parse(time) < range.toMs;
  const collections = [...model.collections.values()].map(async ({ report }) => {
    const { name, source, type, intervalMs, fields } = report;
    return { name, source, type, intervalMs, fields, samples: await askSamples(name, range) };
  });
  return {
    at: new Date(moment.atMs).toISOString(),
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    identity: model.stats?.identity,
    version: model.stats?.version,
    bootId: model.bootId,
    transition: model.transitions.find(({ id }) => id === moment.event),
    transitions: model.transitions.filter(({ time }) => isWithin(time)),
    alerts: model.alerts.filter(({ startsAt, endsAt }) => isWithin(startsAt) || isWithin(endsAt)),
    collections: await Promise.all(collections),
  };
}

/** Hands a file to the reader. */
export function save(name: string, content: object): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(content, undefined, 1)], { type: "application/json" }));
  h("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
