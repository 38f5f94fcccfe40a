import { EventEmitter } from "node:events";
import http, { type ClientRequest } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Collector } from "../../../src/collector/collector.ts";
import type { ManualClock } from "../../../src/base/manual-clock.ts";
import { parseAddress } from "../../../src/page/address.ts";
import { scriptedCollector, type ScriptedConfig } from "../../support/scripted.ts";

/** Gets the JSON of every HTTP request in place of a server, so that it arrives at a time of the simulated clock. */
function receive(take: (body: string) => void): void {
  const request = (): ClientRequest => {
    const sent = new EventEmitter();
    const end = (body: string): void => {
      try {
        take(body);
        sent.emit("response", { statusCode: 200, headers: {}, destroy: () => {} });
      } catch (error) {
        sent.emit("error", error);
      }
    };
    return Object.assign(sent, { end }) as unknown as ClientRequest; // sound: sinks use nothing else of a request
  };
  vi.spyOn(http, "request").mockImplementation(request);
  syncBuiltinESMExports();
}

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

/** What Alertmanager accepted: one alert of a request, with the simulated time of the request in seconds since the start. */
interface Accepted {
  readonly at: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly generatorURL?: string;
}

type Rule = NonNullable<NonNullable<ScriptedConfig["health"]>["rules"]>[number];

interface Options {
  readonly interval?: string;
  readonly resend?: string;
  readonly rule?: Partial<Rule>;
  readonly externalUrl?: string;
  readonly round?: string;
}

const MINUTE = 60;

/**
 * A running collector with two collections, `a` and `b`, whose rules fire while their value is above ten, and an Alertmanager on the
 * collector's simulated clock. Both are good for the first two minutes.
 */
async function generator({ interval = "1s", resend = "1m", rule = {}, externalUrl, round = "1h" }: Options = {}) {
  const values: Record<string, number> = { a: 0, b: 0 };
  const names = Object.keys(values);
  const { clock, collector } = scriptedCollector(
    Object.fromEntries(names.map((name) => [name, () => ({ depth: values[name] })])),
    {
      sources: Object.fromEntries(names.map((name) => [name, { kind: "scripted" }])),
      collections: Object.fromEntries(names.map((name) => [name, { source: name, type: "queue", interval, retain: 600 }])),
      health: {
        interval: round,
        flapping: "0s",
        rules: names.map((name) => ({ name, collection: name, field: "depth", above: 10, window: "5m", keep_firing_for: "0s", ...rule })),
      },
      alerts: { alertmanager: { url: "http://alertmanager.example", resend } },
    },
    externalUrl === undefined ? {} : { externalUrl },
  );
  const startMs = clock.wallMs();
  const seconds = (time: string): number => (Date.parse(time) - startMs) / 1_000;
  // Timestamps are whole milliseconds.
  const now = (): number => Math.floor(clock.wallMs() - startMs) / 1_000;
  const accepted: Accepted[] = [];
  const requests: number[] = [];
  const state = { isDown: false };
  receive((body) => {
    const at = now();
    requests.push(at);
    if (state.isDown) throw new Error("it is down");
    const alerts = JSON.parse(body) as (Omit<Accepted, "startsAt" | "endsAt"> & { startsAt: string; endsAt: string })[];
    for (const { startsAt, endsAt, ...rest } of alerts) {
      const name = rest.labels["alertname"] ?? "";
      if (names.includes(name)) accepted.push({ ...rest, at, name, startsAt: seconds(startsAt), endsAt: seconds(endsAt) });
    }
  });
  await collector.start();
  await clock.advance(2 * MINUTE * 1_000);
  const of = (name: string): readonly Accepted[] => accepted.filter((each) => each.name === name);
  const advance = (secs: number): Promise<void> => clock.advance(secs * 1_000);
  return { clock, collector, values, accepted, requests, state, of, advance };
}

const gaps = (times: readonly number[]): readonly number[] => times.slice(1).map((at, n) => between(times[n] as number, at));

/** Whole milliseconds, in seconds. */
const between = (from: number, to: number): number => Math.round((to - from) * 1_000) / 1_000;

const isFiring = ({ at, endsAt }: Accepted): boolean => endsAt > at;

describe("what Alertmanager is sent, by the alert generator specification of Prometheus", () => {
  it("a firing alert is sent at once, and again each resend delay after its own last send, whatever other alerts do", async () => {
    const { values, of, advance, collector } = await generator();
    values["a"] = 20;
    await advance(35);
    values["b"] = 20;
    await advance(5 * MINUTE);
    for (const name of ["a", "b"]) {
      const sent = of(name);
      expect(sent[0]?.at).toBe(sent[0]?.startsAt);
      expect(sent.length).toBeGreaterThanOrEqual(5);
      expect(new Set(gaps(sent.map(({ at }) => at)))).toEqual(new Set([60]));
    }
    await collector.shutdown();
  });

  it("the end of a firing alert lies four resend delays after each send, and its start stays", async () => {
    const { values, of, advance, collector } = await generator();
    values["a"] = 20;
    await advance(5 * MINUTE);
    for (const { at, startsAt, endsAt } of of("a")) expect([between(at, endsAt), startsAt]).toEqual([240, of("a")[0]?.at]);
    await collector.shutdown();
  });

  it.each(["1h", "30s", "7s"])(
    "a resend waits for the first evaluation that is a resend delay after the last send, with rounds of %s",
    async (round) => {
      const { values, of, advance, collector } = await generator({ interval: round === "7s" ? "5s" : "25s", round });
      values["a"] = 20;
      await advance(10 * MINUTE);
      expect(of("a").length).toBeGreaterThan(6);
      expect(new Set(gaps(of("a").map(({ at }) => at)))).toEqual(new Set([round === "7s" ? 60 : 75]));
      await collector.shutdown();
    },
  );

  it("an alert is never sent more often than its rule is evaluated, and its end lies four evaluations ahead then", async () => {
    const { values, of, advance, collector } = await generator({ interval: "20s", resend: "1s" });
    values["a"] = 20;
    await advance(3 * MINUTE);
    values["a"] = 0;
    await advance(3 * MINUTE);
    const sent = of("a");
    expect(sent.length).toBeGreaterThan(15);
    expect(new Set(gaps(sent.map(({ at }) => at)))).toEqual(new Set([20]));
    for (const { at, endsAt } of sent.filter(isFiring)) expect(between(at, endsAt)).toBe(80);
    await collector.shutdown();
  });

  it("full assessments between the samples of a collection cause no resend, because its rules are not due then", async () => {
    const { values, of, advance, collector } = await generator({ interval: "20s", resend: "1s", round: "30s" });
    values["a"] = 20;
    await advance(10 * MINUTE);
    const sent = of("a");
    expect(sent.length).toBeGreaterThan(25);
    expect(new Set(gaps(sent.map(({ at }) => at)))).toEqual(new Set([20]));
    await collector.shutdown();
  });

  it("a full assessment counts as an evaluation of a collection that has a longer interval", async () => {
    const { values, of, advance, collector } = await generator({ interval: "5m", resend: "1m", round: "30s" });
    values["a"] = 20;
    await advance(20 * MINUTE);
    const sent = of("a");
    expect(sent.length).toBeGreaterThan(8);
    for (const gap of gaps(sent.map(({ at }) => at))) expect([Math.round(gap) >= 60, gap < 90]).toEqual([true, true]);
    for (const { at, endsAt } of sent) expect(between(at, endsAt)).toBe(240);
    await collector.shutdown();
  });

  it("a resolved alert is sent at once with its start and its end, and again each resend delay until 15 minutes after", async () => {
    const { values, of, advance, collector } = await generator();
    values["a"] = 20;
    await advance(100);
    values["a"] = 0;
    await advance(60 * MINUTE);
    const [fired] = of("a");
    const resolved = of("a").filter((each) => !isFiring(each));
    const endsAt = resolved[0]?.at ?? 0;
    expect(resolved.map(({ at }) => between(endsAt, at))).toEqual(Array.from({ length: 15 }, (_, n) => n * 60));
    for (const each of resolved) expect([each.startsAt, each.endsAt]).toEqual([fired?.startsAt, endsAt]);
    await collector.shutdown();
  });

  it("a resolved alert of a removed collection is sent again, too", async () => {
    const { values, of, advance, collector } = await generator({ round: "30s" });
    values["a"] = 20;
    await advance(100);
    await collector.removeCollection("a");
    await advance(60 * MINUTE);
    const resolved = of("a").filter((each) => !isFiring(each));
    expect(resolved.length).toBeGreaterThanOrEqual(14);
    expect((resolved.at(-1)?.at ?? 0) - (resolved[0]?.at ?? 0)).toBeLessThan(15 * MINUTE);
    await collector.shutdown();
  });

  it("a resolved alert is not sent again once an alert with its labels is pending, even if that never fires", async () => {
    const { values, of, advance, collector } = await generator({ rule: { for: "3m" } });
    values["a"] = 20;
    await advance(4 * MINUTE);
    values["a"] = 0;
    await advance(150);
    const count = (): number => of("a").filter((each) => !isFiring(each)).length;
    expect(count()).toBe(3);
    values["a"] = 20;
    await advance(2 * MINUTE);
    values["a"] = 0;
    await advance(20 * MINUTE);
    expect(count()).toBe(3);
    await collector.shutdown();
  });

  it("an alert that fires with the labels of a resolved one is a new alert", async () => {
    const { values, of, advance, collector } = await generator();
    values["a"] = 20;
    await advance(30);
    values["a"] = 0;
    await advance(90);
    const before = of("a").length;
    values["a"] = 20;
    await advance(10 * MINUTE);
    const [again, ...more] = of("a").slice(before);
    expect(again?.startsAt).toBe(again?.at);
    for (const each of more) expect([isFiring(each), each.startsAt]).toEqual([true, again?.at]);
    expect(
      new Set(
        gaps(
          of("a")
            .slice(before)
            .map(({ at }) => at),
        ),
      ),
    ).toEqual(new Set([60]));
    await collector.shutdown();
  });

  it("an alert that resolves and fires before Alertmanager answered is sent in its latest state", async () => {
    const { values, of, advance, state, collector } = await generator();
    values["a"] = 20;
    await advance(30);
    state.isDown = true;
    values["a"] = 0;
    await advance(30);
    values["a"] = 20;
    await advance(30);
    state.isDown = false;
    await advance(10 * MINUTE);
    expect(of("a").every(isFiring)).toBe(true);
    expect(of("a")[1]?.startsAt).toBeGreaterThan(of("a")[0]?.startsAt ?? 0);
    await collector.shutdown();
  });

  it.each(["1m", "5s"])("the back-off of a retry never lets the end of an alert pass, with a resend delay of %s", async (resend) => {
    const lifetime = resend === "1m" ? 240 : 20;
    for (const share of [0.3, 0.5, 0.7, 0.8, 0.9, 0.95]) {
      const { values, of, advance, state, collector } = await generator({ resend });
      values["a"] = 20;
      // Until just after a send.
      await advance(2 * MINUTE);
      const last = of("a").length;
      while (of("a").length === last) await advance(0.5);
      const known = of("a").at(-1) as Accepted;
      const upTo = known.at + share * lifetime;
      state.isDown = true;
      await advance(upTo - known.at - 0.5);
      expect(of("a").at(-1)).toBe(known);
      state.isDown = false;
      await advance(lifetime);
      const next = of("a")[of("a").indexOf(known) + 1];
      expect(next?.at, `the receiver is back after ${share} of the lifetime`).toBeLessThan(known.endsAt);
      await collector.shutdown();
    }
  });

  it("retries wait as usual once the end of every alert has passed", async () => {
    const { values, advance, state, requests, collector } = await generator();
    values["a"] = 20;
    await advance(2 * MINUTE);
    state.isDown = true;
    await advance(10 * MINUTE);
    const before = requests.length;
    await advance(20 * MINUTE);
    expect(requests.length - before).toBeGreaterThanOrEqual(20);
    expect(requests.length - before).toBeLessThanOrEqual(40);
    await collector.shutdown();
  });

  it("an alert links to the time on the page at which it fired, whatever path the page has", async () => {
    for (const query of ["", "?tenant=a"]) {
      const externalUrl = `https://vitals.example/agent${query === "" ? "" : "/"}${query}`;
      const { values, of, advance, collector } = await generator({ externalUrl });
      values["a"] = 20;
      await advance(90);
      values["a"] = 0;
      await advance(90);
      expect(of("a").length).toBeGreaterThan(3);
      for (const { generatorURL = "", startsAt } of of("a")) {
        const { origin, pathname, search, hash } = new URL(generatorURL);
        expect([origin, pathname, search]).toEqual(["https://vitals.example", "/agent/", query]);
        expect(parseAddress(hash).linked).toEqual({ atMs: startsAt * 1_000 + Date.UTC(2026, 0, 1) });
      }
      await collector.shutdown();
    }
  });

  it("an alert has no link when the page's URL is not known", async () => {
    const { values, of, advance, collector } = await generator();
    values["a"] = 20;
    await advance(10);
    expect(of("a")).toHaveLength(1);
    expect(of("a")[0]).not.toHaveProperty("generatorURL");
    await collector.shutdown();
  });
});

describe("what Alertmanager is sent of a problem that changes its severity", () => {
  /** A check that reports the status a test sets. */
  async function checked(): Promise<{
    readonly clock: ManualClock;
    readonly collector: Collector;
    readonly posts: readonly (readonly (readonly [severity: string, isFiring: boolean, description: string])[])[];
    status: "healthy" | "degraded" | "critical";
  }> {
    const { clock, collector } = scriptedCollector({}, { alerts: { alertmanager: { url: "http://alertmanager.example" } } });
    const posts: [string, boolean, string][][] = [];
    const check = { clock, collector, posts, status: "healthy" as "healthy" | "degraded" | "critical" };
    receive((body) => {
      const alerts = JSON.parse(body) as {
        labels: Record<string, string>;
        annotations: Record<string, string>;
        endsAt: string;
      }[];
      const ours = alerts.filter(({ labels }) => labels["component"] === "db");
      const shown = ours.map(({ labels, annotations, endsAt }): [string, boolean, string] => [
        labels["severity"] ?? "",
        Date.parse(endsAt) > clock.wallMs(),
        annotations["description"] ?? "",
      ]);
      if (shown.length > 0) posts.push(shown);
    });
    collector.health.register("db", () => ({ status: check.status, reason: `it is ${check.status}` }), {
      interval: "1s",
      keepFiringFor: "0s",
    });
    await collector.start();
    await clock.advance(2 * MINUTE * 1_000);
    return check;
  }

  it("nothing is resolved when it gets worse: the milder alert is kept until the problem ends, with its present description", async () => {
    const check = await checked();
    check.status = "degraded";
    await check.clock.advance(10_000);
    check.status = "critical";
    await check.clock.advance(5 * MINUTE * 1_000);
    expect(check.posts[1]?.map(([severity]) => severity)).toEqual(["critical"]);
    const sent = check.posts.flat();
    expect(sent.every(([, firing]) => firing)).toBe(true);
    const warnings = sent.filter(([severity]) => severity === "warning").slice(1);
    expect(warnings.length).toBeGreaterThanOrEqual(4);
    for (const [, , description] of warnings) expect(description).toContain("it is critical");
    const before = check.posts.length;
    check.status = "healthy";
    await check.clock.advance(1_000);
    expect(check.posts.slice(before)).toEqual([
      [
        ["critical", false, "it is healthy"],
        ["warning", false, "it is healthy"],
      ],
    ]);
    await check.collector.shutdown();
  });

  it("the worse alert is resolved as improved when the problem gets milder, after the milder one", async () => {
    const check = await checked();
    check.status = "critical";
    await check.clock.advance(10_000);
    const before = check.posts.length;
    check.status = "degraded";
    await check.clock.advance(1_000);
    expect(check.posts.slice(before).map((post) => post.map(([severity, firing]) => [severity, firing]))).toEqual([
      [
        ["warning", true],
        ["critical", false],
      ],
    ]);
    expect(check.posts.at(-1)?.[1]?.[2]).toMatch(/^improved to severity=warning: it is degraded/);
    await check.collector.shutdown();
  });
});
