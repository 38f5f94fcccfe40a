import { AROUND_MS, type LinkedTime } from "./view-range.ts";
import { fetchSamples } from "../client/loader.ts";
import type { Model } from "../client/model.ts";
import { h } from "./dom.ts";
import { request } from "./request.ts";

/** Everything around a time in one object: transitions, alerts, and every sample of the minute before and the minute after. */
export async function exportAround(model: Model, { atMs, event }: LinkedTime): Promise<object> {
  const range = { fromMs: atMs - AROUND_MS, toMs: atMs + AROUND_MS };
  const isWithin = (time: string | undefined): boolean =>
    time !== undefined && Date.parse(time) >= range.fromMs && Date.parse(time) < range.toMs;
  const collections = [...model.collections.values()].map(async ({ report }) => {
    const { name, source, type, intervalMs, fields } = report;
    return { name, source, type, intervalMs, fields, samples: await fetchSamples(request, report, range) };
  });
  return {
    at: new Date(atMs).toISOString(),
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    identity: model.stats?.identity,
    version: model.stats?.version,
    bootId: model.bootId,
    transition: model.transitions.find(({ id }) => id === event),
    transitions: model.transitions.filter(({ time }) => isWithin(time)),
    alerts: model.alerts.filter(({ startsAt, endsAt }) => isWithin(startsAt) || isWithin(endsAt)),
    collections: await Promise.all(collections),
  };
}

/** Offers an object to the user as a JSON file. */
export function save(name: string, content: object): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(content, undefined, 1)], { type: "application/json" }));
  h("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
