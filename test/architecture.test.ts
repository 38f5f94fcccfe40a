import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/**
 * The floors of the source tree: each room (folder) with the rooms that it may import. Rooms of one floor do not import each other, type
 * imports included. The name of a room includes its inner rooms.
 */
const FLOORS: readonly Readonly<Record<string, readonly string[]>>[] = [
  { base: [], statistics: [] },
  { sample: ["base"], topology: ["base"], store: ["base"] },
  {
    source: ["sample", "base"],
    buffer: ["sample", "statistics", "base"],
    journal: ["base"],
    telemetry: ["sample", "base"],
    health: ["sample", "statistics", "base"],
  },
  {
    collection: ["source", "sample", "base"],
    answer: ["health", "sample", "base"],
    audit: ["source", "sample", "base"],
    dashboards: ["health", "telemetry", "sample", "base"],
  },
  {
    client: ["answer", "sample/outcome", "health/status", "base/quantity", "base/pauser"],
    collector: ["collection", "answer", "source", "buffer", "journal", "telemetry", "health", "sample", "statistics", "base"],
  },
  {
    page: ["client", "answer", "sample/outcome", "health/status", "base/quantity", "base/pauser"],
    "rule-simulation": ["collector", "collection", "health", "buffer", "source", "sample", "base"],
    http: ["collector", "answer", "journal", "health", "buffer", "sample", "base"],
    index: ["collector", "answer", "journal", "telemetry", "health", "source", "buffer", "sample", "statistics", "base"],
    testing: ["collector", "health", "source", "sample", "base"],
  },
  { config: ["rule-simulation", "collector", "telemetry", "health", "source", "sample", "base"] },
  {
    cli: [
      "config",
      "http",
      "rule-simulation",
      "dashboards",
      "client",
      "audit",
      "collector",
      "collection",
      "answer",
      "journal",
      "telemetry",
      "health",
      "source",
      "buffer",
      "sample",
      "base",
    ],
  },
];

/**
 * Inner rooms, with the other rooms that they may import. An inner room may import the room around it, but not its siblings; the room
 * around it may not import it.
 */
const INNER: Readonly<Record<string, readonly string[]>> = {
  "sample/types": ["base"],
  "source/graph-store": ["topology", "sample", "store", "base"],
  "source/host": ["sample", "base"],
  "source/http-json": ["sample", "base"],
  "source/mcp-memory": ["topology", "sample", "base"],
  "journal/file": ["base"],
  "telemetry/export": ["sample", "base"],
  "health/rules": ["sample", "statistics", "base"],
  "health/sink": ["sample", "base"],
};

/** Folders that are no rooms of their own: the page is a single program, and layouts are data. */
const FOLDERS: readonly string[] = ["cli/support", "cli/top", "page/view", "source/graph-store/layouts"];

/** Rooms that the room around them imports: they import neither it nor each other, and only the listed rooms. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  "http/api": ["answer", "sample", "base"],
  "http/stream": ["collector", "answer", "journal", "health", "buffer", "base"],
};

/** The only rooms and files that may import a package. */
const OWNED: readonly (readonly [pattern: RegExp, owner: RegExp])[] = [
  [/^(hono|@hono\/)/, /^http\//],
  [/^cockatiel$/, /^collection\/policy\.ts$/],
  [/^@opentelemetry\/(?!api$)/, /^telemetry\//],
  [/^yaml$/, /^(config|dashboards)\//],
  [/^@grafana\//, /^dashboards\/schema\.ts$/],
  [/^redis$/, /^store\/falkordb\.ts$/],
  [/^neo4j-driver$/, /^store\/neo4j\.ts$/],
  [/^uplot$/, /^page\/view\/chart(-marks)?\.ts$/],
];

/** The only files that may start a timer: the clock, threads and programs without a clock, and the browser. */
const TIMERS: readonly string[] = [
  "base/clock.ts",
  "cli/health.ts",
  "cli/liveness.ts",
  "client/timer.ts",
  "source/mcp-memory/measure-file.ts",
];

interface Import {
  readonly file: string;
  /** A path below `src`, or a package. */
  readonly target: string;
  readonly isType: boolean;
}

const IMPORT = /^(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gms;

function importsOf(file: string, text: string): readonly Import[] {
  return [...text.matchAll(IMPORT)].map(([, type, from, bare, dynamic]) => {
    const name = (from ?? bare ?? dynamic) as string;
    const target = name.startsWith(".") ? relative(SRC, resolve(SRC, dirname(file), name)) : name;
    return { file, target, isType: type !== undefined };
  });
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const texts = new Map(files.map((file) => [file, readFileSync(join(SRC, file), "utf8")]));
const imports = files.flatMap((file) => importsOf(file, texts.get(file) as string));
const isOwn = ({ target }: Import): boolean => target.endsWith(".ts");

const withoutEnding = (file: string): string => file.replace(/\.ts$/, "");
const outerOf = (file: string): string => withoutEnding(file).split("/")[0] as string;
const innerOf = (file: string): string => Object.keys({ ...INNER, ...PARTS }).find((room) => file.startsWith(`${room}/`)) ?? outerOf(file);

/** Whether a list of rooms, inner rooms and files contains a file. */
const has = (rooms: readonly string[], file: string): boolean =>
  rooms.some((room) => withoutEnding(file) === room || file.startsWith(`${room}/`));

const ROOMS: Readonly<Record<string, readonly string[]>> = Object.assign({}, ...FLOORS);

/** The imports that violate the floors or the package owners. */
function breaches(list: readonly Import[]): readonly string[] {
  return list.filter((each) => (isOwn(each) ? !isAllowed(each) : !isOwner(each))).map(({ file, target }) => `${file} -> ${target}`);
}

function isAllowed({ file, target }: Import): boolean {
  const [outer, inner, to] = [outerOf(file), innerOf(file), innerOf(target)];
  if (inner === to) return true;
  if (outerOf(target) !== outer) return has(INNER[inner] ?? PARTS[inner] ?? ROOMS[outer] ?? [], target);
  // Within one room, inner rooms import the outer room, which imports its parts.
  if (inner in PARTS) return false;
  return inner in INNER ? to === outer : to in PARTS;
}

const isOwner = ({ file, target }: Import): boolean => OWNED.every(([pattern, owner]) => !pattern.test(target) || owner.test(file));

/** Of the lists of what rooms may import, those entries that are not on a lower floor. */
function misplaced(floors: typeof FLOORS, lists: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const floorOf = (room: string): number => floors.findIndex((floor) => outerOf(room) in floor);
  return Object.entries(lists).flatMap(([room, allowed]) =>
    allowed.filter((other) => floorOf(other) < 0 || floorOf(other) >= floorOf(room)).map((other) => `${room} -> ${other}`),
  );
}

/** Rooms with files and without a floor, and floors' rooms without files. */
function unmatched(list: readonly string[]): readonly string[] {
  const withFiles = new Set(list.map(outerOf));
  return [...withFiles].filter((room) => !(room in ROOMS)).concat(Object.keys(ROOMS).filter((room) => !withFiles.has(room)));
}

/** The files of the first import cycle found; empty if there is none. */
function circle(list: readonly Import[]): readonly string[] {
  const next = Map.groupBy(list.filter(isOwn), ({ file }) => file);
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): readonly string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const { target } of next.get(file) ?? []) {
      const found = visit(target, [...way, file]);
      if (found.length > 0) return found;
    }
    done.add(file);
    return [];
  };
  for (const file of next.keys()) {
    const found = visit(file, []);
    if (found.length > 0) return found;
  }
  return [];
}

/** Files of other rooms that the page and `client` import values from, not only types. */
const valuesOfOthers = (list: readonly Import[]): readonly string[] => [
  ...new Set(
    list.filter((each) => isOwn(each) && !each.isType && !["page", "client"].includes(outerOf(each.target))).map(({ target }) => target),
  ),
];

const timersIn = (sources: ReadonlyMap<string, string>): readonly string[] =>
  [...sources].filter(([, text]) => /\b(setTimeout|setInterval)\(|timers\/promises/.test(text)).map(([file]) => file);

const own = (file: string, target: string): Import => ({ file, target, isType: true });

describe("The architecture", () => {
  it("Every room has a floor and files", () => {
    expect(unmatched(files)).toEqual([]);
    expect(unmatched([...files, "loose.ts"])).toEqual(["loose"]);
    expect(unmatched(files.filter((file) => !file.startsWith("topology/")))).toEqual(["topology"]);
    const inner = new Set(files.filter((file) => file.split("/").length > 2).map((file) => dirname(file)));
    expect([...inner].sort()).toEqual([...Object.keys({ ...INNER, ...PARTS }), ...FOLDERS].sort());
    expect(imports.filter(isOwn).length).toBeGreaterThan(500);
    expect(imports.filter((each) => !isOwn(each)).length).toBeGreaterThan(100);
  });

  it("Every room may import only rooms on lower floors", () => {
    expect(misplaced(FLOORS, { ...ROOMS, ...INNER, ...PARTS })).toEqual([]);
    const wrong = { health: ["sample", "buffer"], base: ["nowhere"], "source/host": ["collector"] };
    expect(misplaced(FLOORS, wrong)).toEqual(["health -> buffer", "base -> nowhere", "source/host -> collector"]);
  });

  it("Imports go down only, types included, and packages are imported only by their owners", () => {
    expect(breaches(imports)).toEqual([]);
  });

  it.each([
    ["upwards", own("sample/field.ts", "health/status.ts")],
    ["to a room of the same floor", own("health/monitor.ts", "buffer/buffer.ts")],
    ["from an inner room to its sibling", own("source/host/host.ts", "source/http-json/http-json.ts")],
    ["from an outer room to its inner room", own("health/monitor.ts", "health/rules/user.ts")],
    ["from a part to the room built of it", own("http/stream/hub.ts", "http/app.ts")],
    ["from a part to another part", own("http/stream/hub.ts", "http/api/problem.ts")],
    ["from a part to a room that only the whole may import", own("http/api/query.ts", "collector/collector.ts")],
    ["from the page to a file it may not know", own("page/page.ts", "health/monitor.ts")],
    ["from a room to an entry point", own("cli/main.ts", "index.ts")],
    ["of a package outside of its room", own("collection/collection.ts", "cockatiel")],
    ["of the telemetry SDK outside of telemetry", own("health/monitor.ts", "@opentelemetry/sdk-metrics")],
    ["of yaml where no file is read", own("collector/resolve.ts", "yaml")],
  ])("The architecture test reports an import %s", (_, breach) => {
    expect(breaches([...imports, breach])).toEqual([`${breach.file} -> ${breach.target}`]);
  });

  it("Every room may import the OpenTelemetry API", () => {
    expect(breaches([own("health/monitor.ts", "@opentelemetry/api")])).toEqual([]);
  });

  it("No files import each other in a cycle", () => {
    expect(circle(imports)).toEqual([]);
  });

  it("The architecture test reports an import cycle", () => {
    expect(circle([...imports, own("health/status.ts", "health/monitor.ts")])).toContain("health/monitor.ts");
  });

  it("The page imports values only from files that are meant for the browser", () => {
    const ofPage = imports.filter(({ file }) => ["page", "client"].includes(outerOf(file)));
    expect(valuesOfOthers(ofPage).toSorted()).toEqual(["base/pauser.ts", "base/quantity.ts", "health/status.ts", "sample/outcome.ts"]);
    const value = { ...own("page/page.ts", "answer/health.ts"), isType: false };
    expect(valuesOfOthers([...ofPage, value])).toContain("answer/health.ts");
  });

  it("Timers are started only by the clock and the listed files", () => {
    expect(timersIn(texts).toSorted()).toEqual(TIMERS.toSorted());
    expect(timersIn(new Map([["health/monitor.ts", "setTimeout(() => {}, 10)"]]))).toEqual(["health/monitor.ts"]);
  });
});
