import type * as z from "zod";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../../base/version.ts";
import type { Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { answersOf, problemAnswers, problemsOf } from "./answers.ts";
import { type DescribedCollection, componentSchemas, schemaOf } from "./schemas.ts";
import type { DocumentedOperation, JsonSchema, OpenApiDocument, Parameter } from "./openapi.ts";

const TAGS: Readonly<Record<Operation["tag"], string>> = {
  Probes: "For whoever starts and stops this program.",
  Health: "What is well, what is not, and why.",
  Collections: "What is read, and what came of it.",
  Stream: "Everything, as it happens.",
  About: "The collector itself.",
};

/**
 * The API as an OpenAPI 3.1 document, made of the schemas that queries are parsed by and that answers are held to.
 *
 * @param collections what the schemas of samples and windows are made for; without any they stay general
 * @param hasToken whether a token is asked for
 */
export function openApiDocument(collections: readonly DescribedCollection[], hasToken: boolean): OpenApiDocument {
  const names = collections.map(({ name }) => name);
  const paths: Record<string, Record<string, DocumentedOperation>> = {};
  for (const operation of OPERATIONS) (paths[operation.path] ??= {})[operation.method] = documented(operation, names);
  const responses = problemAnswers(OPERATIONS);
  return {
    openapi: "3.1.1",
    info: {
      title: PACKAGE_NAME,
      version: PACKAGE_VERSION,
      summary: "A background collector: samples, windows, health and alerts.",
      description:
        "What is not measured is absent: never zero, never the last value. Errors are problems as RFC 9457 has them; docs/problems.md says what each means.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    // Beside this document, wherever the app is mounted or a proxy has put it.
    servers: [{ url: ".", description: "Where this document comes from." }],
    security: hasToken ? [{ bearer: [] }] : [],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "The token of the configuration, where there is one." } },
      responses,
      schemas: inUse([paths, responses], componentSchemas(collections)),
    },
  };
}

function documented(operation: Operation, collections: readonly string[]): DocumentedOperation {
  const { id, tag, summary, description, access } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    // Without a token these still answer, with the status alone.
    ...(access === "status" ? { security: [{}, { bearer: [] }] } : {}),
    parameters: parametersOf(operation, collections),
    responses: { ...answersOf(operation), ...problemsOf(operation) },
  };
}

/** The schemas that `roots` refer to, and those that these refer to, in their order. */
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

/** Everything an operation can be given. @param collections names there are; none where they are not known */
export function parametersOf(operation: Operation, collections: readonly string[]): readonly Parameter[] {
  return [...pathParameters(operation, collections), ...queryParameters(operation), ...headerParameters(operation)];
}

function pathParameters({ path }: Operation, collections: readonly string[]): readonly Parameter[] {
  if (!path.includes("{name}")) return [];
  const schema = { type: "string", ...(collections.length === 0 ? {} : { enum: collections }) };
  return [{ name: "name", in: "path", required: true, description: "Name of the collection.", schema }];
}

function queryParameters({ query }: Operation): readonly Parameter[] {
  return Object.entries(query.shape as Readonly<Record<string, z.ZodType>>).map(([name, parameter]) => {
    const { description = "", ...schema } = schemaOf(parameter);
    const isList = schema.type === "array";
    return {
      name,
      in: "query",
      required: false,
      description,
      schema,
      // As a list is written here: names joined by commas.
      ...(isList ? { style: "form", explode: false } : {}),
      ...(name === "verbose" ? { allowEmptyValue: true } : {}),
    };
  });
}

function headerParameters({ isKept, id }: Operation): readonly Parameter[] {
  const header = (name: string, description: string): Parameter => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  });
  if (isKept) return [header("If-None-Match", "The ETag of an earlier answer: where it is still the same, this one is 304.")];
  return id === "followEvents" ? [header("Last-Event-ID", "The id of the last event that was seen; comes before `last_event_id`.")] : [];
}
