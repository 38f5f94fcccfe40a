/** Renders our OpenAPI document as Markdown: operations, responses and schemas. */
import type { OpenApiResponse, OpenApiOperation, JsonSchema, OpenApiDocument } from "../src/http/api/openapi.ts";

/** The reference without an introduction. */
export function apiReference(document: OpenApiDocument): string {
  const { tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ title: `${method.toUpperCase()} ${path}`, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const tagged = operations.filter(({ operation }) => operation.tags.includes(name));
    return [`## ${name}`, description, ...tagged.map(({ title, operation }) => operationText(title, operation, document))].join("\n\n");
  });
  const schemas = Object.entries(components.schemas).map(([name, schema]) => schemaText(name, schema));
  return [...sections, "## Schemas", ...schemas].join("\n\n");
}

function operationText(title: string, operation: OpenApiOperation, document: OpenApiDocument): string {
  const { summary, description, parameters, responses } = operation;
  const inputs = parameters.map(({ name, in: location, required, description: meaning, schema }) => {
    return row(`\`${name}\``, required ? `${location}, required` : location, typeOf(schema), meaning);
  });
  const answers = Object.entries(responses).map(([status, response]) => {
    const answer = "$ref" in response ? (document.components.responses[lastOf(response.$ref)] as OpenApiResponse) : response;
    const [type, content] = Object.entries(answer.content ?? {})[0] ?? ["", undefined];
    const headers = Object.keys(answer.headers ?? {}).map((name) => `\`${name}\``);
    // For a problem, its types are more useful than its schema.
    const text = "$ref" in response ? kindsOf(content?.schema) : content ? typeOf(content.schema) : "";
    return row(status, type && `\`${type}\``, text, headers.join(", "), answer.description);
  });
  return [
    `### ${title}`,
    `${summary}. ${description}`,
    ...(inputs.length === 0 ? [] : [table(["parameter", "in", "type", "meaning"], inputs)]),
    table(["status", "media type", "content", "headers", "meaning"], answers),
  ].join("\n\n");
}

function schemaText(name: string, schema: JsonSchema): string {
  const { description, properties, required = [] } = schema;
  const rows = Object.entries(properties ?? {}).map(([key, property]) =>
    row(`\`${key}\``, required.includes(key) ? "yes" : "", typeOf(property), property.description ?? ""),
  );
  return [
    `### ${name}`,
    ...(description === undefined ? [] : [description]),
    rows.length > 0 ? table(["field", "required", "type", "meaning"], rows) : typeOf(schema),
  ].join("\n\n");
}

/** A short description of a schema; a link if it has a name. */
function typeOf(schema: JsonSchema): string {
  const { $ref, type, items, prefixItems, additionalProperties, properties, format } = schema;
  if ($ref !== undefined) return `[${lastOf($ref)}](#${anchorOf(lastOf($ref))})`;
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice) return choice.map(typeOf).join(" or ");
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ") + presetOf(schema);
  if (prefixItems) return `list of ${[...prefixItems.map(typeOf), ...(items ? [`then ${typeOf(items)}`] : [])].join("; ")}`;
  if (items) return `list of ${typeOf(items)}`;
  if (properties) {
    const inner = Object.entries(properties).map(([key, property]) => `\`${key}\`: ${typeOf(property)}`);
    return `{ ${inner.join(", ")} }`;
  }
  if (type === "object") return additionalProperties ? `record of ${typeOf(additionalProperties)}` : "object";
  return [format ?? [type].flat().join(" or "), ...boundsOf(schema)].join(", ") + presetOf(schema);
}

const presetOf = (schema: JsonSchema): string => (schema.default === undefined ? "" : ` (default \`${schema.default}\`)`);

function boundsOf({ minimum, exclusiveMinimum, maximum, maxLength }: JsonSchema): readonly string[] {
  return [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
  ];
}

function kindsOf(schema: JsonSchema | undefined): string {
  const kinds = schema?.allOf?.flatMap(({ properties }) => properties?.["type"]?.enum ?? []) ?? [];
  return kinds.map((kind) => `[\`${lastOf(kind, ":")}\`](problems.md)`).join(", ");
}

const lastOf = (text: string, separator = "/"): string => text.slice(text.lastIndexOf(separator) + 1);

/** The anchor that GitHub generates for a heading. */
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "");

const row = (...cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), `|${"---|".repeat(head.length)}`, ...rows].join("\n");
