/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 uses it: the keywords that this package reads. */
export interface JsonSchema {
  /** Any other keyword. */
  readonly [keyword: string]: unknown;
  /** Refers to a schema under `components`; nothing else counts then. */
  readonly $ref?: string;
  /** What the value means. */
  readonly description?: string;
  /** Types that the value may have. */
  readonly type?: string | readonly string[];
  /** Form of a text, such as `date-time`. */
  readonly format?: string;
  /** The only value allowed. */
  readonly const?: string | number;
  /** The only texts allowed. */
  readonly enum?: readonly string[];
  /** Value that a missing one stands for. */
  readonly default?: string | number;
  /** Smallest number allowed. */
  readonly minimum?: number;
  /** Every number allowed is above it. */
  readonly exclusiveMinimum?: number;
  /** Largest number allowed. */
  readonly maximum?: number;
  /** Maximum characters of a text. */
  readonly maxLength?: number;
  /** Elements of an array, after those of `prefixItems`. */
  readonly items?: JsonSchema;
  /** The first elements of an array, in order. */
  readonly prefixItems?: readonly JsonSchema[];
  /** Exactly one of them has to hold. */
  readonly oneOf?: readonly JsonSchema[];
  /** At least one of them has to hold. */
  readonly anyOf?: readonly JsonSchema[];
  /** All of them have to hold. */
  readonly allOf?: readonly JsonSchema[];
  /** Properties of an object by name. */
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Properties that must be present. */
  readonly required?: readonly string[];
  /** Properties that `properties` does not name; false if there may be none. */
  readonly additionalProperties?: JsonSchema | false;
}

/** A parameter of an operation. */
export interface OpenApiParameter {
  /** Its name in the query, the path or the headers. */
  readonly name: string;
  /** Where it is sent. */
  readonly in: "query" | "path" | "header";
  /** Whether a request without it is refused. */
  readonly required: boolean;
  /** What it does, for people. */
  readonly description: string;
  /** Values that are accepted. */
  readonly schema: JsonSchema;
  /** `form`: several values of one parameter. */
  readonly style?: "form";
  /** false: several values are one text with commas. */
  readonly explode?: boolean;
  /** Whether it may be empty. */
  readonly allowEmptyValue?: boolean;
}

/** A header of a response. */
export interface OpenApiHeader {
  /** What it says, for people. */
  readonly description: string;
  /** Whether every response has it. */
  readonly required: boolean;
  /** Values that it may have. */
  readonly schema: JsonSchema;
}

/** Refers to an entry of `components`. */
export interface OpenApiReference {
  /** Such as `#/components/schemas/Problem`. */
  readonly $ref: string;
}

/** A response of an operation. */
export interface OpenApiResponse {
  /** What it says, for people. */
  readonly description: string;
  /** Headers by name. Default: none of interest. */
  readonly headers?: Readonly<Record<string, OpenApiHeader>>;
  /** The `schema` of its body by media type; absent without a body. */
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

/** What one method of one path does. */
export interface OpenApiOperation {
  /** Unique name, for generated clients. */
  readonly operationId: string;
  /** The groups that it belongs to. */
  readonly tags: readonly string[];
  /** What it does, in a few words. */
  readonly summary: string;
  /** What it does, in full. */
  readonly description: string;
  /** Empty if it needs no token; absent if it does. */
  readonly security?: readonly object[];
  /** What it accepts. */
  readonly parameters: readonly OpenApiParameter[];
  /** Responses by status code. */
  readonly responses: Readonly<Record<string, OpenApiReference | OpenApiResponse>>;
}

/** An OpenAPI 3.1 document: the parts that this package writes. */
export type OpenApiDocument = {
  /** Version of the standard. */
  readonly openapi: string;
  /** Title, version and license. */
  readonly info: Readonly<Record<string, unknown>>;
  /** Where the API is: a `url`, and a `description` for people. */
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  /** How clients authenticate unless an operation says otherwise. */
  readonly security: readonly object[];
  /** Groups of operations by `name`, each with a `description`. */
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** Operations by path, then by method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  /** What operations refer to. */
  readonly components: {
    /** Ways to authenticate by name. */
    readonly securitySchemes: Readonly<Record<string, object>>;
    /** Responses by name. */
    readonly responses: Readonly<Record<string, OpenApiResponse>>;
    /** Schemas by name. */
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
};
