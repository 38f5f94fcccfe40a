import type * as z from "zod";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../../base/version.ts";
import type { Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { answersOf, problemAnswers, problemsOf } from "./answers.ts";
import { type DescribedCollection, componentSchemas, schemaOf } from "./schemas.ts";
import type { OpenApiOperation, JsonSchema, OpenApiDocument, OpenApiParameter } from "./openapi.ts";

const TAGS: Readonly<Record<Operation["tag"], string>> = {
  Probes: "For programs that start and stop the collector.",
  Health: "The status of every component, with its reason.",
  Collections: "What is read, and the samples.",
  Stream: "Samples, transitions and alerts as they happen.",
  About: "The collector itself.",
};

/**
 * The API as an OpenAPI 3.1 document, generated from the schemas that parse queries and check responses.
 *
 * @param collections samples and windows get one schema for each of these; without any, their schemas are general
 * @param hasToken whether a token is required
 */
export function openApiDocument(collections: readonly DescribedCollection[], hasToken: boolean): OpenApiDocument {
  const names = collections.map(({ name }) => name);
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const operation of OPERATIONS) (paths[operation.path] ??= {})[operation.method] = documented(operation, names);
  const responses = problemAnswers(OPERATIONS);
  return {
    openapi: "3.1.1",
    info: {
      title: PACKAGE_NAME,
      version: PACKAGE_VERSION,
      summary: "A background collector: samples, windows, health and alerts.",
      description:
        "A value that was not measured is absent: never zero, never the last value. Errors are problems (RFC 9457); docs/problems.md explains each.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    // Relative to this document, wherever the app is mounted or a proxy puts it.
    servers: [{ url: ".", description: "The server of this document." }],
    security: hasToken ? [{ bearer: [] }] : [],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "The configured token, if any." } },
      responses,
      schemas: inUse([paths, responses], componentSchemas(collections)),
    },
  };
}

function documented(operation: Operation, collections: readonly string[]): OpenApiOperation {
  const { id, tag, summary, description, access } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    // Without a token these still respond, but only with a status.
    ...(access === "status" ? { security: [{}, { bearer: [] }] } : {}),
    parameters: parametersOf(operation, collections),
    responses: { ...answersOf(operation), ...problemsOf(operation) },
  };
}

/** The schemas that `roots` refer to, directly or through others, in their order. */
function inUse(roots: readonly object[], schemas: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    for (const [, name = ""] of JSON.stringify(part).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name]);
    }
  };
  visit(roots);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}

/** Every parameter of an operation. @param collections their names; empty if they are not known */
export function parametersOf(operation: Operation, collections: readonly string[]): readonly OpenApiParameter[] {
  return [...pathParameters(operation, collections), ...queryParameters(operation), ...headerParameters(operation)];
}

const COMPONENT = "Name of the component, such as `collection:analytics`.";

function pathParameters({ path }: Operation, collections: readonly string[]): readonly OpenApiParameter[] {
  if (path.includes("{component}"))
    return [{ name: "component", in: "path", required: true, description: COMPONENT, schema: { type: "string" } }];
  if (!path.includes("{name}")) return [];
  const schema = { type: "string", ...(collections.length === 0 ? {} : { enum: collections }) };
  return [{ name: "name", in: "path", required: true, description: "Name of the collection.", schema }];
}

function queryParameters({ query }: Operation): readonly OpenApiParameter[] {
  return Object.entries(query.shape as Readonly<Record<string, z.ZodType>>).map(([name, parameter]) => {
    const { description = "", ...schema } = schemaOf(parameter);
    const isList = schema.type === "array";
    return {
      name,
      in: "query",
      required: false,
      description,
      schema,
      // A list is written as names separated by commas.
      ...(isList ? { style: "form", explode: false } : {}),
      ...(name === "verbose" ? { allowEmptyValue: true } : {}),
    };
  });
}

function headerParameters({ isKept, id }: Operation): readonly OpenApiParameter[] {
  const header = (name: string, description: string): OpenApiParameter => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  });
  if (isKept) return [header("If-None-Match", "ETag of an earlier response; if it is unchanged, this one is 304.")];
  return id === "followEvents"
    ? [header("Last-Event-ID", "Id of the last event that the client received; overrides `last_event_id`.")]
    : [];
}
