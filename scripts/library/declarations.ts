import type { JSDocTagInfo, Symbol } from "typescript/unstable/sync";
import { SymbolFlags } from "typescript/unstable/sync";
import { type Node, SyntaxKind } from "typescript/unstable/ast";
import * as is from "typescript/unstable/ast/is";

/** What a docstring says: its text, and its tags such as `@throws`. */
export interface Docs {
  readonly text: string;
  readonly tags: readonly JSDocTagInfo[];
}

/** TypeScript in one line, without comments and without what every type of the package is: read-only. */
export const oneLine = (text: string): string =>
  text
    .replaceAll(/\/\*\*?.*?\*\//gs, "")
    .replaceAll(/(^|\s)\/\/.*$/gm, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll("readonly ", "")
    .replaceAll(/([([<]) /g, "$1")
    .replaceAll(/,? ([)\]>])/g, "$1")
    .replaceAll(/: \| /g, ": ")
    .trim();

/** Everything that a docstring says, as one text. */
export const allOf = ({ text, tags }: Docs): string => [text, ...tags.map((tag) => `${tag.name} ${tag.text ?? ""}`)].join("\n");

/** A type whose arguments would take several lines. */
export const shortened = (text: string): string => (text.length > 120 ? text.replace(/<.*>/s, "<…>") : text);

export const mentions = (text: string, word: string): boolean =>
  new RegExp(`(?<![\\w$-])${word.replaceAll("$", String.raw`\$`)}(?!\\w)`, "i").test(text);

export const valueOf = (node: Node): Node | undefined => (node as { initializer?: Node }).initializer;

export const isOptional = ({ flags }: Symbol): boolean => (flags & SymbolFlags.Optional) !== 0;

/** Everything of a function from its type parameters to its result. */
export function between(node: Node, from: "parameters"): string {
  const {
    typeParameters,
    type,
    [from]: parameters,
  } = node as unknown as {
    readonly typeParameters?: readonly Node[];
    readonly type?: Node;
    readonly parameters: readonly Node[];
  };
  const generic = typeParameters ? `<${typeParameters.map((each) => each.getText()).join(", ")}>` : "";
  return `${generic}(${parameters.map((each) => parameterOf(each)).join(", ")})${type ? `: ${oneLine(type.getText())}` : ""}`;
}

/** A parameter that is taken apart in the code is one for its caller. */
function parameterOf(node: Node): string {
  const { name } = node as unknown as { readonly name: Node };
  const text = oneLine(node.getText());
  return is.isObjectBindingPattern(name) ? text.replace(/^\{.*?\}/, "options") : text;
}

export function signatureOf(node: Node): string {
  const { name } = node as unknown as { readonly name: Node };
  return `function ${name.getText()}${oneLine(between(node, "parameters"))}`;
}

/** The name of an interface or a type with its type parameters; empty without any. */
export function headOf(node: Node): string {
  const { name, typeParameters } = node as unknown as { readonly name: Node; readonly typeParameters?: readonly Node[] };
  const keyword = is.isInterfaceDeclaration(node) ? "interface" : "type";
  return typeParameters ? `${keyword} ${name.getText()}<${typeParameters.map((each) => oneLine(each.getText())).join(", ")}>` : "";
}

/** A type as it is written. */
export const aliasText = (node: Node): string => oneLine(node.getText().replace(/^.*?\btype /s, "type "));

export function heritageOf(node: Node): readonly string[] {
  const { heritageClauses = [] } = node as { heritageClauses?: readonly (Node & { readonly types: readonly Node[] })[] };
  return heritageClauses.flatMap(({ types }) => types.map((each) => oneLine(each.getText())));
}

export function isPublic(node: Node): boolean {
  const { name, modifiers = [] } = node as { name?: Node; modifiers?: readonly Node[] };
  if (name?.getText().startsWith("#") || is.isClassStaticBlockDeclaration(node)) return false;
  return !modifiers.some(({ kind }) => kind === SyntaxKind.PrivateKeyword || kind === SyntaxKind.ProtectedKeyword);
}

/** The docstring written before a node, as plain text. */
export function commentOf(node: Node): string {
  const comment = /\/\*\*((?:(?!\*\/).)*)\*\/\s*$/s.exec(node.getSourceFile().text.slice(node.getFullStart(), node.getStart()))?.[1] ?? "";
  return comment.replaceAll(/^\s*\* ?/gm, "").trim();
}

/** The value of a text that is written as one literal or as several. */
export function textOf(node: Node): string {
  if (is.isStringLiteral(node) || is.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (is.isBinaryExpression(node)) return textOf(node.left) + textOf(node.right);
  throw new Error(`expected a literal text, found ${node.getText()}`);
}
