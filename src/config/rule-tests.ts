import { dirname, relative, resolve } from "node:path";
import { parseOptions, resolveOptions, type Plan } from "../collector/resolve.ts";
import { isVitalsError, messageOf } from "../base/errors.ts";
import { RuleSimulation, type Run } from "../rule-simulation/simulation.ts";
import { ticksOf, type TickSequence } from "../rule-simulation/ticks.ts";
import { seriesKind, SERIES_KIND } from "../rule-simulation/plan.ts";
import { testFileOptions, type TestFile, type TestOptions } from "../rule-simulation/options.ts";
import { mismatchesOf, snapshotTimesOf, type Mismatch } from "../rule-simulation/verdict.ts";
import { parse, type Path } from "../base/issues.ts";
import { unknownName } from "../base/suggest.ts";
import { ConfigDocument, type Position, type Problem } from "./document.ts";
import { loadConfig, type LoadOptions } from "./load.ts";
import { readConfigFile } from "./read-file.ts";

/** A valid test. */
export interface RuleTest {
  readonly name: string;
  /** The position, in the test's file, of the setting at a path inside the test. */
  positionOf(path: Path): Partial<Position>;
  /** Runs the test; once. */
  run(): { readonly run: Run; readonly mismatches: readonly Mismatch[] };
}

/** The tests of a file and all its problems; no tests when there is an error. */
export interface RuleTests {
  readonly tests: readonly RuleTest[];
  readonly problems: readonly Problem[];
}

/** @param options `file`: replaces the configuration that the test file names. @throws VitalsError `config_unreadable` */
export async function loadRuleTests(file: string, options: LoadOptions): Promise<RuleTests> {
  const document = new ConfigDocument(await readConfigFile(resolve(options.cwd, file)), file);
  if (document.hasErrors) return { tests: [], problems: document.problems };
  const parsed = parse(testFileOptions, document.data());
  if (!parsed.ok) {
    document.noteIssues(parsed.issues);
    return { tests: [], problems: document.problems };
  }
  const { plan, problems } = await planFor(document, parsed.data, options);
  const tests = plan ? parsed.data.tests.map((test, n) => prepared(document, plan, test, ["tests", n])) : [];
  return { tests: document.hasErrors ? [] : tests.filter((test) => test !== undefined), problems: [...problems, ...document.problems] };
}

interface Planned {
  readonly plan: Plan | undefined;
  /** Of the configuration that the test file names. */
  readonly problems: readonly Problem[];
}

async function planFor(document: ConfigDocument, file: TestFile, options: LoadOptions): Promise<Planned> {
  if (file.config === undefined) return { plan: ownPlan(document, file), problems: [] };
  const named = relative(options.cwd, resolve(options.cwd, dirname(document.file), file.config));
  try {
    const { config, problems } = await loadConfig({ ...options, file: options.file ?? named });
    return { problems, plan: config?.plan };
  } catch (error) {
    if (!isVitalsError(error)) throw error;
    document.note("error", ["config"], messageOf(error));
    return { plan: undefined, problems: [] };
  }
}

/** The configuration inside a test file. */
function ownPlan(document: ConfigDocument, { collections: own = {}, sample_types = {}, health }: TestFile): Plan | undefined {
  const collections = Object.fromEntries(Object.entries(own).map(([name, each]) => [name, { ...each, source: each.source ?? name }]));
  const sources = Object.fromEntries(Object.values(collections).map(({ source }) => [source, { kind: SERIES_KIND }]));
  // The other parts were parsed with the file.
  const options = { ...parseOptions({ sources }), collections, sample_types, ...(health ? { health } : {}) };
  const { plan, problems } = resolveOptions(options, { sourceKinds: [seriesKind] });
  document.noteIssues(problems);
  return document.hasErrors ? undefined : plan;
}

function prepared(document: ConfigDocument, plan: Plan, test: TestOptions, path: readonly PropertyKey[]): RuleTest | undefined {
  const sequences = sequencesOf(document, plan, test, [...path, "series"]);
  if (document.hasErrors) return undefined;
  const simulation = new RuleSimulation(plan, sequences);
  checkNames(document, simulation.alertsOf, test, path);
  return {
    name: test.name,
    positionOf: (part) => document.positionOf([...path, ...part]),
    run: () => {
      const run = simulation.run(snapshotTimesOf(test));
      return { run, mismatches: mismatchesOf(test, run) };
    },
  };
}

function sequencesOf(
  document: ConfigDocument,
  { collections }: Plan,
  { series }: TestOptions,
  path: readonly PropertyKey[],
): ReadonlyMap<string, TickSequence> {
  const sequences = new Map<string, TickSequence>();
  for (const [name, written] of Object.entries(series)) {
    const plan = collections.get(name);
    const here = [...path, name];
    const names = [...collections.keys()];
    if (!plan) document.note("error", here, unknownName("collection", name, names));
    else {
      const sequence = ticksOf(plan, written, (part, message) => document.note("error", [...here, ...part], message));
      if (sequence.ticks.length === 0 && !document.hasErrors)
        document.note("error", here, "no tick of the series has a sample; expected at least one");
      sequences.set(name, sequence);
    }
  }
  return sequences;
}

/** An unknown alert or component would make an expectation that always holds. */
function checkNames(
  document: ConfigDocument,
  alertsOf: ReadonlyMap<string, readonly string[]>,
  { expect = [], timeline = [] }: TestOptions,
  path: readonly PropertyKey[],
): void {
  const check = (component: string | undefined, alert: string | undefined, here: readonly PropertyKey[], key: string): void => {
    const names = [...alertsOf.keys()];
    if (component !== undefined && !alertsOf.has(component)) {
      document.note("error", [...here, "component"], unknownName("component", component, names));
      return;
    }
    if (alert === undefined) return;
    const alerts = component === undefined ? [...new Set([...alertsOf.values()].flat())] : (alertsOf.get(component) ?? []);
    const scope = component === undefined ? "" : `of ${component}`;
    if (!alerts.includes(alert)) document.note("error", [...here, key], unknownName("alert", alert, alerts, scope));
  };
  for (const [n, state] of expect.entries()) {
    const here = [...path, "expect", n];
    check(state.component, undefined, here, "");
    for (const [m, { alert, component }] of (state.alerts ?? []).entries())
      check(component ?? state.component, alert, [...here, "alerts", m], "alert");
  }
  for (const [n, event] of timeline.entries()) {
    const key = event.fired === undefined ? "resolved" : "fired";
    check(event.component, event.fired ?? event.resolved, [...path, "timeline", n], key);
  }
}
