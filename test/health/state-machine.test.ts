import * as fc from "fast-check";
import { metrics } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { isBad, isGood, type Level } from "../../src/health/condition.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import type { Alert, Transition } from "../../src/health/record.ts";
import type { Rule } from "../../src/health/rule.ts";
import { compareStatus, SEVERITY_OF, type Status } from "../../src/health/status.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

/** One evaluation of a rule: when, and the value observed; undefined for missing data. */
interface Evaluation {
  readonly atMs: number;
  readonly value: number | undefined;
}

/** Whether a level holds after all these evaluations, by its definition alone: from all of them, without a state. */
function holds(level: Level, evaluations: readonly Evaluation[], staleMs: number): boolean {
  const badFor = (n: number): boolean => lasts((value) => isBad(level, value), level.forMs, evaluations.slice(0, n + 1), staleMs);
  const goodFor = (n: number): boolean =>
    lasts((value) => isGood(level, value), level.keepFiringForMs, evaluations.slice(0, n + 1), staleMs);
  return lastIndex(evaluations, badFor) > lastIndex(evaluations, goodFor);
}

function lastIndex(evaluations: readonly Evaluation[], is: (n: number) => boolean): number {
  for (let n = evaluations.length - 1; n >= 0; n -= 1) if (is(n)) return n;
  return -1;
}

/**
 * Whether the last evaluation ends a time of `ms` in which every measured value `is`. The time from the first evaluation without a value
 * to the next one with a value is left out; a gap longer than `staleMs` ends the time.
 */
function lasts(is: (value: number) => boolean, ms: number, evaluations: readonly Evaluation[], staleMs: number): boolean {
  if (evaluations.at(-1)?.value === undefined) return false;
  let elapsedMs = 0;
  for (let n = evaluations.length - 1; ;) {
    const { atMs, value } = evaluations[n] as Evaluation;
    if (!is(value as number)) return false;
    if (elapsedMs >= ms) return true;
    const before = lastIndex(evaluations.slice(0, n), (each) => evaluations[each]?.value !== undefined);
    if (before === -1) return false;
    const measuredMs = (evaluations[before] as Evaluation).atMs;
    const nextMs = (evaluations[before + 1] as Evaluation).atMs;
    if (nextMs - measuredMs > staleMs || (before + 1 < n && atMs - nextMs > staleMs)) return false;
    elapsedMs += nextMs - measuredMs;
    n = before;
  }
}

const hold = fc.constantFrom(0, 1_000, 5_000, 30_000);
/** Up to three thresholds on either side, with a status of these. */
function levelsWith(...statuses: readonly Level["status"][]): fc.Arbitrary<readonly Level[]> {
  const level = fc.record({
    status: fc.constantFrom(...statuses),
    bound: fc.integer({ min: 1, max: 9 }),
    slack: fc.integer({ min: 0, max: 3 }),
    isAbove: fc.boolean(),
    forMs: hold,
    keepFiringForMs: hold,
  });
  const both = level.map(({ status, bound, slack, isAbove, forMs, keepFiringForMs }): Level => {
    const side = isAbove ? { above: bound, clear: bound - slack } : { below: bound, clear: bound + slack };
    return { status, ...side, forMs, keepFiringForMs };
  });
  return fc.array(both, { minLength: 1, maxLength: 3 });
}

const badLevels = levelsWith("degraded", "unhealthy", "critical");
const anyLevels = levelsWith("unknown", "degraded", "unhealthy", "critical");

/** Values around the bounds, often the same for a while, sometimes missing, at irregular times. */
const sequence = fc.array(
  fc.record({
    waitMs: fc.constantFrom(0, 1, 500, 1_000, 4_999, 5_000, 60_000),
    value: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined, freq: 5 }),
    times: fc.integer({ min: 1, max: 8 }),
  }),
  { minLength: 1, maxLength: 40 },
);

function monitorWith(rules: readonly Rule[], flapping: number) {
  const clock = new ManualClock();
  const transitions: Transition[] = [];
  const recorded: Alert[] = [];
  const monitor = new HealthMonitor({
    clock,
    meter: metrics.getMeter("test"),
    history: 10,
    identity: {},
    flapping,
    log: {
      transition: (transition) => void transitions.push(transition),
      alerts: (changed) => void recorded.push(...changed),
      send: () => {},
    },
  });
  monitor.add("it", { rules });
  monitor.start();
  return { clock, monitor, transitions, recorded };
}

const ruleOf = (name: string, thresholds: readonly Level[], observe: () => number | undefined, staleMs?: number): Rule => ({
  ...(staleMs === undefined ? {} : { staleMs }),
  alert: name,
  subject: "the number",
  measure: name,
  unit: "1",
  levels: thresholds,
  observe: () => ({ value: observe() }),
});

const RANKED = ["info", "warning", "error", "critical"];

const idsOf = (alerts: readonly Alert[]): readonly string[] => alerts.map(({ fingerprint }) => fingerprint).toSorted();

describe("HealthMonitor with any values at any times", () => {
  it("HealthMonitor reports after every evaluation the status that the definition of its levels gives", () => {
    fc.assert(
      fc.property(badLevels, sequence, fc.constantFrom(undefined, 2_000, 20_000), (thresholds, steps, staleMs) => {
        let value: number | undefined;
        const { clock, monitor } = monitorWith([ruleOf("rule", thresholds, () => value, staleMs)], 0);
        const evaluations: Evaluation[] = [];
        for (const step of steps) {
          for (let n = 0; n < step.times; n += 1) {
            clock.block(step.waitMs);
            value = step.value;
            evaluations.push({ atMs: clock.monotonicMs(), value });
            monitor.assess();
            const worst = thresholds
              .filter((each) => holds(each, evaluations, staleMs ?? Number.POSITIVE_INFINITY))
              .map(({ status }): Status => status)
              .toSorted(compareStatus)
              .at(-1);
            const expected = worst ?? (value === undefined ? "unknown" : "healthy");
            expect(monitor.report().components[0]?.status).toBe(expected);
            expect(monitor.alerts().map(({ labels }) => labels.severity)).toEqual(worst ? [SEVERITY_OF[worst]] : []);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it("HealthMonitor lists the worst open alert of each rule, resolves each that fired once, and does neither on missing data", () => {
    fc.assert(
      fc.property(fc.array(anyLevels, { minLength: 1, maxLength: 3 }), sequence, fc.constantFrom(0, 20_000), (each, steps, flapping) => {
        let value: number | undefined;
        const rules = each.map((thresholds, n) => ruleOf(`rule${n}`, thresholds, () => value));
        const { clock, monitor, recorded } = monitorWith(rules, flapping);
        const open = new Map<string, Alert>();
        for (const step of steps) {
          for (let n = 0; n < step.times; n += 1) {
            clock.block(step.waitMs);
            value = step.value;
            const before = recorded.length;
            monitor.assess();
            const changed = recorded.slice(before);
            if (value === undefined) expect(changed).toEqual([]);
            expect(new Set(changed.map(({ fingerprint }) => fingerprint)).size).toBe(changed.length);
            for (const alert of changed) {
              const { fingerprint, state, labels, startsAt } = alert;
              const known = open.get(fingerprint);
              // A milder alert that is still open fires once more when the worse ones are resolved.
              const improves = changed.some((other) => other.labels.alertname === labels.alertname && other.state === "resolved");
              if (state === "resolved") expect(open.delete(fingerprint)).toBe(true);
              else if (known) expect([improves, known.startsAt]).toEqual([true, startsAt]);
              if (state === "firing") open.set(fingerprint, alert);
            }
            expect(idsOf(monitor.openAlerts())).toEqual(idsOf([...open.values()]));
            const worstByName = new Map(
              [...open.values()]
                .toSorted((a, b) => RANKED.indexOf(a.labels.severity) - RANKED.indexOf(b.labels.severity))
                .map((alert) => [alert.labels.alertname, alert]),
            );
            expect(idsOf(monitor.alerts())).toEqual(idsOf([...worstByName.values()]));
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it("HealthMonitor records transitions that follow from each other, each once", () => {
    fc.assert(
      fc.property(badLevels, sequence, (thresholds, steps) => {
        let value: number | undefined;
        const { clock, monitor, transitions } = monitorWith([ruleOf("rule", thresholds, () => value)], 0);
        for (const step of steps) {
          for (let n = 0; n < step.times; n += 1) {
            clock.block(step.waitMs);
            value = step.value;
            monitor.assess();
          }
        }
        for (const component of ["it", "overall"]) {
          const its = transitions.filter((each) => each.component === component);
          its.forEach(({ from, to }, n) => {
            expect(from).not.toBe(to);
            if (n > 0) expect(from).toBe(its[n - 1]?.to);
          });
        }
      }),
      { numRuns: 200 },
    );
  });
});
