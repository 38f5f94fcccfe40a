import type * as z from "zod";
import type { Operation } from "../operation.ts";
import type { Parameter } from "./openapi.ts";
import { schemaOf } from "./schemas.ts";

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
