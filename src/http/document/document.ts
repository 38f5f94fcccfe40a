import { PACKAGE_NAME, PACKAGE_VERSION } from "../../version.ts";
import type { Operation } from "../operation.ts";
import { OPERATIONS } from "../operations.ts";
import { answersOf, problemAnswers, problemsOf } from "./answers.ts";
import type { DescribedCollection } from "./collection-schemas.ts";
import type { DocumentedOperation, JsonSchema, OpenApiDocument } from "./openapi.ts";
import { parametersOf } from "./parameters.ts";
import { componentSchemas } from "./schemas.ts";

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
