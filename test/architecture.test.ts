import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/** Rooms by folder; files at the top are either the ground everybody stands on, or the composition root. */
const GROUND = ["errors", "clock", "duration", "deadline", "version", "event-loop", "suggest"];

/** What each room may import, beside itself and the ground. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ground: [],
  sample: [],
  topology: [],
  source: ["sample"],
  "source/host": ["source", "sample"],
  "source/http-json": ["source", "sample"],
  "source/mcp-memory": ["source", "sample", "topology"],
  buffer: ["sample"],
  journal: ["sample"],
  collection: ["buffer", "journal", "source", "sample"],
  telemetry: ["buffer", "journal", "sample"],
  health: ["buffer", "journal", "sample"],
  root: ["collection", "health", "telemetry", "buffer", "journal", "source", "topology", "sample"],
  rehearsal: ["root", "collection", "health", "buffer", "source", "sample"],
  page: [],
  "page/browser": ["root", "http", "health", "buffer", "sample"],
  http: ["page", "root", "health", "journal", "buffer", "sample"],
  config: ["rehearsal", "root", "source", "telemetry", "sample"],
  dashboards: ["telemetry", "health", "sample"],
  cli: ["config", "rehearsal", "http", "dashboards", "root", "source", "telemetry", "sample"],
};

/** Single imports that go another way, each with its reason in docs/decisions/0006. */
const EXCEPTIONS: readonly string[] = [
  "config/file-schema.ts -> http/server-options.ts",
  "config/load.ts -> http/server-options.ts",
  "source/registry.ts -> source/host/host.ts",
  "source/registry.ts -> source/http-json/http-json.ts",
  "source/registry.ts -> source/mcp-memory/mcp-memory.ts",
];

/** All that runs in a browser of what is not made for it; of everything else it may know the types. */
const SHARED_WITH_BROWSER: readonly string[] = ["sample/quantity.ts"];

/** Who alone may import a package. */
const OWNED: readonly (readonly [pattern: RegExp, owner: RegExp])[] = [
  [/^(hono|@hono\/)/, /^http\//],
  [/^cockatiel$/, /^collection\/policy\.ts$/],
  [/^@opentelemetry\/(?!api$)/, /^telemetry\//],
  [/^yaml$/, /^(config\/|dashboards\/rule-text\.ts$)/],
  [/^@grafana\//, /^dashboards\/schema\.ts$/],
  [/^uplot$/, /^page\/browser\/view\/chart(-marks)?\.ts$/],
  [/^eventsource-parser$/, /^page\/browser\/stream\.ts$/],
];

interface Import {
  readonly file: string;
  readonly target: string;
}

function importsOf(source: string): readonly string[] {
  return [
    ...source.matchAll(/^(?:import|export)\s[^"']*?from\s+["']([^"']+)["']/gms),
    ...source.matchAll(/^import\s+["']([^"']+)["']/gm),
  ].map((match) => match[1] as string);
}

function roomOf(file: string): string {
  const kind = /^(source\/[^/]+|page\/browser)(?=\/)/.exec(file)?.[0];
  if (kind) return kind;
  const [first = "", ...rest] = file.split("/");
  if (rest.length > 0) return first;
  return GROUND.includes(first.replace(/\.ts$/, "")) ? "ground" : "root";
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const imports: readonly Import[] = files.flatMap((file) =>
  importsOf(readFileSync(join(SRC, file), "utf8")).map((target) => ({
    file,
    target: target.startsWith(".") ? relative(SRC, resolve(SRC, dirname(file), target)) : target,
  })),
);
const isOwn = ({ target }: Import): boolean => target.endsWith(".ts");

/** What a list of imports breaks of the rules. */
function breaches(list: readonly Import[]): readonly string[] {
  return list.flatMap(({ file, target }) => {
    const arrow = `${file} -> ${target}`;
    if (!target.endsWith(".ts")) return OWNED.some(([pattern, owner]) => pattern.test(target) && !owner.test(file)) ? [arrow] : [];
    const [from, to] = [roomOf(file), roomOf(target)];
    const allowed = from === to || to === "ground" || MAY_IMPORT[from]?.includes(to) === true || EXCEPTIONS.includes(arrow);
    return allowed ? [] : [arrow];
  });
}

describe("the architecture", () => {
  it("is read at all: every room has files, and imports are found", () => {
    const rooms = new Set(files.map(roomOf));
    expect([...rooms].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
    expect(imports.filter(isOwn).length).toBeGreaterThan(150);
    expect(imports.filter((each) => !isOwn(each)).length).toBeGreaterThan(50);
  });

  it("lets imports flow one way only, and each package into its own room", () => {
    expect(breaches(imports)).toEqual([]);
  });

  it("would notice a breach", () => {
    expect(breaches([{ file: "sample/field.ts", target: "health/status.ts" }])).toHaveLength(1);
    expect(breaches([{ file: "source/host/host.ts", target: "source/http-json/http-json.ts" }])).toHaveLength(1);
    expect(breaches([{ file: "collection/collection.ts", target: "cockatiel" }])).toHaveLength(1);
    expect(breaches([{ file: "health/monitor.ts", target: "@opentelemetry/sdk-metrics" }])).toHaveLength(1);
    expect(breaches([{ file: "health/monitor.ts", target: "@opentelemetry/api" }])).toEqual([]);
  });

  it("sends nothing into the browser that was not made for it: the page knows the rest by its types alone", () => {
    const values = files
      .filter((file) => roomOf(file) === "page/browser")
      .flatMap((file) => {
        const withoutTypes = readFileSync(join(SRC, file), "utf8").replaceAll(/^(?:import|export) type [^;]*;/gm, "");
        return importsOf(withoutTypes).map((target) =>
          target.startsWith(".") ? relative(SRC, resolve(SRC, dirname(file), target)) : target,
        );
      });
    const foreign = new Set(values.filter((target) => target.endsWith(".ts") && roomOf(target) !== "page/browser"));
    expect([...foreign]).toEqual(SHARED_WITH_BROWSER);
  });

  it("has no exception that nobody needs", () => {
    const arrows = imports.map(({ file, target }) => `${file} -> ${target}`);
    expect(EXCEPTIONS.filter((exception) => !arrows.includes(exception))).toEqual([]);
  });

  it("keeps timers in the clock, but for the thread that reads memory files, the command and the browser", () => {
    const timers = files.filter((file) => /\b(setTimeout|setInterval)\(|timers\/promises/.test(readFileSync(join(SRC, file), "utf8")));
    expect(timers.sort()).toEqual([
      "cli/first-samples.ts",
      "cli/health.ts",
      "clock.ts",
      "page/browser/timer.ts",
      "source/mcp-memory/measure-file.ts",
    ]);
  });
});
