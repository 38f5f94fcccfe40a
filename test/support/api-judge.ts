import ajvFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { OpenApiResponse, OpenApiDocument } from "../../src/http/api/openapi.ts";

/** Validates real responses against an OpenAPI document, using only the document and a validator other than zod. */
export class ApiJudge {
  readonly #document: OpenApiDocument;
  readonly #ajv: Ajv2020;
  /** Responses checked so far, as `GET /path 200`. */
  readonly seen = new Set<string>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    // Not strict: the whole OpenAPI document is registered as a schema, so that references resolve.
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    ajvFormats.default(this.#ajv);
    this.#ajv.addSchema(document, "openapi");
  }

  /** Every response that the document declares, as in `seen`. */
  documented(): readonly string[] {
    return Object.entries(this.#document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
    );
  }

  /** Violations of the document in a response, whose body is read; empty if there are none. */
  async judge(method: string, path: string, response: Response): Promise<readonly string[]> {
    const place = `${method} ${path} ${response.status}`;
    const pointer = this.#pointerTo(method, path, response.status);
    if (pointer === undefined) return [`${place}: is not documented`];
    this.seen.add(`${method} ${pointer.path} ${response.status}`);
    const { answer, at } = pointer;
    const body = await response.text();
    return [...this.#headers(answer, at, response), ...this.#body(answer, at, response, body)].map((said) => `${place}: ${said}`);
  }

  /** Violations of the document's schema of this name. */
  schema(name: string, value: unknown): readonly string[] {
    return this.#validate(`#/components/schemas/${name}`, value);
  }

  #pointerTo(
    method: string,
    path: string,
    status: number,
  ): { readonly path: string; readonly answer: OpenApiResponse; readonly at: string } | undefined {
    const plain = new URL(path, "http://x").pathname;
    for (const [template, operations] of Object.entries(this.#document.paths)) {
      const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      const found = pattern.test(plain) ? operations[method.toLowerCase()]?.responses[status] : undefined;
      if (!found) continue;
      const here = `#/paths/${template.replaceAll("~", "~0").replaceAll("/", "~1")}/${method.toLowerCase()}/responses/${status}`;
      if (!("$ref" in found)) return { path: template, answer: found, at: here };
      const { $ref } = found;
      const answer = this.#document.components.responses[$ref.split("/").at(-1) ?? ""];
      return answer && { path: template, answer, at: $ref };
    }
    return undefined;
  }

  #headers(answer: OpenApiResponse, at: string, response: Response): readonly string[] {
    return Object.entries(answer.headers ?? {}).flatMap(([name, { required }]) => {
      const value = response.headers.get(name);
      if (value === null) return required ? [`header ${name}: is not there`] : [];
      return this.#validate(`${at}/headers/${name}/schema`, value).map((said) => `header ${name} (${value}): ${said}`);
    });
  }

  #body(answer: OpenApiResponse, at: string, response: Response, text: string): readonly string[] {
    if (!answer.content) return text === "" ? [] : ["body: expected none"];
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    if (!Object.hasOwn(answer.content, type)) return [`content type ${type}: expected ${Object.keys(answer.content).join()}`];
    // The schema of a stream is that of one event.
    const values: readonly unknown[] = type === "text/event-stream" ? eventsOf(text) : [type.endsWith("json") ? JSON.parse(text) : text];
    return values.flatMap((value) => this.#validate(`${at}/content/${type.replaceAll("/", "~1")}/schema`, value));
  }

  #validate(pointer: string, value: unknown): readonly string[] {
    const validate = this.#ajv.getSchema(`openapi${encodeURI(pointer)}`);
    if (!validate) throw new Error(`no schema at ${pointer}`);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`);
  }
}

/** The events of a stream's text, parsed as a client would. */
export function eventsOf(text: string): readonly { readonly event: string; readonly id?: string; readonly data: unknown }[] {
  return text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
      const id = field("id");
      return { event: field("event") ?? "", ...(id === undefined ? {} : { id }), data: JSON.parse(field("data") ?? "null") as unknown };
    });
}
