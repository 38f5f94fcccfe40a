import { readdirSync, readFileSync } from "node:fs";

/** Pages by what a reader wants, each with what it answers. */
const SECTIONS: Readonly<Record<string, readonly (readonly [page: string, answers: string])[]>> = {
  "Start here": [["tutorial.md", "From nothing to an alert that arrives and resolves, in a quarter of an hour"]],
  "What do you want to monitor?": [
    ["how-to/memory-files.md", "The file of a Model Context Protocol memory server"],
    ["how-to/graphiti-falkordb.md", "Graphiti in FalkorDB"],
    ["how-to/graphiti-neo4j.md", "Graphiti in Neo4j"],
    ["how-to/cognee.md", "Cognee in Neo4j"],
    ["how-to/neo4j-mcp-memory.md", "Neo4j's memory server for the Model Context Protocol"],
    ["how-to/audit.md", "A memory, once: what it holds and what is wrong with it"],
    ["how-to/read-json.md", "Any endpoint that returns JSON"],
    ["how-to/this-machine.md", "The machine that an agent runs on"],
    ["how-to/write-a-source.md", "Anything else, with a source of your own"],
    ["how-to/add-a-layout.md", "A graph store whose labels are not known yet"],
  ],
  "Where does it run?": [
    ["how-to/containers.md", "In a container, or the complete stack with Docker Compose"],
    ["how-to/kubernetes.md", "On Kubernetes, standalone or as a sidecar"],
    ["how-to/systemd.md", "As a systemd service"],
    ["how-to/proxies.md", "Behind nginx, Caddy or Traefik, with TLS"],
    ["library.md", "Inside a Node program"],
    ["how-to/embed-in-express.md", "Inside an Express service"],
    ["how-to/embed-in-fastify.md", "Inside a Fastify service"],
    ["how-to/embed-in-hono.md", "Inside a Hono service"],
    ["how-to/embed-in-nestjs.md", "Inside a NestJS service"],
    ["how-to/embed-in-next.md", "Inside Next.js, with a custom server or `next start`"],
    ["how-to/embed-in-a-worker.md", "Inside a process without a server"],
    ["how-to/embed-next-to-node-sdk.md", "Inside a Node program that already has OpenTelemetry"],
    ["how-to/beside-prom-client.md", "Inside a Node program that already has prom-client"],
    ["how-to/test-with-vitest-and-jest.md", "In the tests of a Node program"],
    ["sizing.md", "What it costs, and which limits to give it"],
    ["how-to/upgrade.md", "A new version, the state of the one before, and the way back"],
    ["how-to/uninstall.md", "Away with it, and what is left behind"],
  ],
  "Who reads it?": [
    ["page.md", "People, on the live page"],
    ["terminal.md", "People, in a terminal"],
    ["how-to/status-badge.md", "People, in a README: a badge with the status"],
    ["alerts.md", "Alertmanager, a webhook, or OpenTelemetry logs"],
    ["grafana.md", "Prometheus and Grafana: dashboards, rules, runbooks"],
    ["how-to/otlp-backend.md", "Any OTLP backend"],
    ["api.md", "Programs: the API and the event stream"],
  ],
  Reference: [
    ["reference/otel-vitals.md", "The library: collector, sources, sample types, fields, health, sinks, journal, errors"],
    ["reference/http.md", "The library: the HTTP app, servers, and types of every response"],
    ["reference/telemetry.md", "The library: readers and exporters"],
    ["reference/testing.md", "The library: what tests need"],
    ["reference/topology.md", "The library: measures of a graph"],
    ["configuration.md", "Every option of the command line and the file"],
    ["components.md", "What a component is, what it is judged by, and its alerts"],
    ["rules.md", "Health rules, built in and your own, and how to test them"],
    ["how-to/try-a-threshold.md", "What another rule would have done with the samples of the last hours"],
    ["metrics.md", "Every metric with its unit and attributes"],
    ["graph-stores.md", "Layouts, measures, options and costs of graph stores"],
    ["problems.md", "Error responses of the API"],
    ["topology.md", "Graph measures and their formulas"],
    ["glossary.md", "What each term means"],
  ],
  "When something is wrong": [
    ["troubleshooting.md", "By symptom, and frequently asked questions"],
    ["how-to/report-a-fault.md", "An archive for a bug report, without secrets: `otel-vitals support`"],
  ],
  Explanation: [
    ["goals.md", "Goals, non-goals, and what it never does"],
    ["security.md", "What is protected, against whom, and what is left to you"],
    ["performance.md", "What was measured, and how"],
    ["dependencies.md", "Why each dependency is there"],
    ["releasing.md", "What a release consists of, and what its publisher fills in"],
  ],
};

const DOCS = new URL("../docs/", import.meta.url);

const titleOf = (page: string): string => /^# (.+)$/m.exec(readFileSync(new URL(page, DOCS), "utf8"))?.[1] ?? page;

/** Pages that no section lists. */
function unlisted(): readonly string[] {
  const listed = Object.values(SECTIONS).flatMap((pages) => pages.map(([page]) => page));
  const pages = readdirSync(DOCS, { recursive: true, encoding: "utf8" }).filter(
    (page) => page.endsWith(".md") && page !== "README.md" && !/^(decisions|runbooks)\//.test(page),
  );
  return pages.filter((page) => !listed.includes(page));
}

/** The index of the documentation, and the same for language models. @throws Error if a page is in no section */
export function docsIndex(): { readonly index: string; readonly llms: string } {
  const missing = unlisted();
  if (missing.length > 0) throw new Error(`scripts/docs-index.ts lists every page; missing: ${missing.join(", ")}`);
  const sections = (folder: string): readonly string[] =>
    Object.entries(SECTIONS).map(([section, pages]) =>
      [`## ${section}`, "", ...pages.map(([page, answers]) => `- [${titleOf(page)}](${folder}${page}): ${answers}`), ""].join("\n"),
    );
  const more = "[Runbooks](runbooks) of the alerts · [Decisions](decisions) · [Changelog](../CHANGELOG.md)\n";
  return {
    index: ["# Documentation\n", "Generated by `npm run docs`; do not edit.\n", ...sections(""), more].join("\n"),
    llms: [
      "# otel-vitals\n",
      "> An OpenTelemetry-native background collector for services that keep an agent's memory in a graph: it reads real sources on a schedule, exports",
      "> metrics, streams events, and derives health with reasons. A value that was not measured is absent. Each page below is plain Markdown.\n",
      ...sections("docs/"),
      "## Optional\n",
      "- [README](README.md): what it is, and the first minute",
      "- [CONTRIBUTING](CONTRIBUTING.md): how a sample travels through the code",
      "- [CHANGELOG](CHANGELOG.md): what changed\n",
    ].join("\n"),
  };
}
