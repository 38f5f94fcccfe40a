import ajvFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { OpenApiResponse, OpenApiDocument } from "../../src/http/api/openapi.ts";

/** Holds real answers against an OpenAPI document, as a stranger would: from the document alone, with a validator that is not zod. */
export class ApiJudge {
  readonly #document: OpenApiDocument;
  readonly #ajv: Ajv2020;
  /** What was seen: `GET /path 200`. */
  readonly seen = new Set<string>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    // Not strict: a whole OpenAPI document stands where a schema would, so that references find what they mean.
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    ajvFormats.default(this.#ajv);
    this.#ajv.addSchema(document, "openapi");
  }

  /** Every answer that the document says there can be, as in `seen`. */
  documented(): readonly string[] {
    return Object.entries(this.#document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
    );
  }

  /** What is not as the document says; none where all is. Reads the answer's body. */
  async judge(method: string, path: string, response: Response): Promise<readonly string[]> {
    const place = `${method} ${path} ${response.status}`;
    const pointer = this.#pointerTo(method, path, response.status);
    if (pointer === undefined) return [`${place}: is not documented`];
    this.seen.add(`${method} ${pointer.path} ${response.status}`);
    const { answer, at } = pointer;
    const body = await response.text();
    return [...this.#headers(answer, at, response), ...this.#body(answer, at, response, body)].map((said) => `${place}: ${said}`);
  }

  /** What is not as the document's schema of this name says. */
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
    // Of a stream the schema is that of one event.
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

/** The events of a stream's text, as a client's parser would hand them out. */
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
