import { type Checker, type NodeHandle, type Project, type Symbol, SignatureKind, SymbolFlags, type Type } from "typescript/unstable/sync";
import type { Node } from "typescript/unstable/ast";
import * as is from "typescript/unstable/ast/is";
import {
  type Docs,
  oneLine,
  aliasText,
  allOf,
  shortened,
  mentions,
  valueOf,
  isOptional,
  between,
  signatureOf,
  headOf,
  heritageOf,
  isPublic,
  commentOf,
  textOf,
} from "./declarations.ts";

/** A property or method of an exported type, or a property of one of its properties. */
export interface Member {
  /** Its name with `?` if it may be absent; for a method its whole signature. */
  readonly head: string;
  /** Its type as TypeScript; empty for a method, and where `members` say it. */
  readonly type: string;
  readonly docs: Docs;
  readonly members: readonly Member[];
}

/** One exported name. */
export interface Exported {
  readonly name: string;
  readonly kind: "function" | "class" | "constant" | "type";
  /** Its declaration as TypeScript, without bodies; empty if its members say everything. */
  readonly code: string;
  readonly docs: Docs;
  /** Types whose members it has besides its own. */
  readonly inherits: readonly string[];
  readonly members: readonly Member[];
}

/** Reads what an entry point exports, with docstrings. `missing` collects what has none. */
export class EntryReader {
  readonly missing: string[] = [];
  readonly #project: Project;
  readonly #checker: Checker;
  readonly #root: string;
  /** Names of exported types by their properties, to refer to them instead of repeating them. */
  readonly #named = new Map<string, string>();
  readonly #names = new Set<string>();
  readonly #identities = new Map<number, string>();

  /** @param root the folder of the repository, with a slash at its end */
  constructor(project: Project, root: string) {
    this.#root = root;
    this.#project = project;
    this.#checker = project.checker;
  }

  /** What the file of an entry point exports, in alphabetical order. */
  read(file: string): readonly Exported[] {
    const source = this.#project.program.getSourceFile(this.#root + file);
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is no module of tsconfig.build.json`);
    const symbols = this.#checker.getExportsOfModule(module);
    for (const symbol of symbols) this.#remember(symbol);
    return symbols.map((symbol) => this.#exported(symbol)).sort((a, b) => a.name.localeCompare(b.name, "en"));
  }

  #target(symbol: Symbol): Symbol {
    return (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : this.#checker.getAliasedSymbol(symbol);
  }

  #remember(symbol: Symbol): void {
    const target = this.#target(symbol);
    this.#names.add(target.name);
    if ((target.flags & SymbolFlags.TypeAlias) === 0) return;
    const key = this.#identity(this.#checker.getDeclaredTypeOfSymbol(target));
    if (key !== "" && !this.#named.has(key)) this.#named.set(key, symbol.name);
  }

  /** The same for two types whose properties are declared at the same places. */
  #identity(type: Type): string {
    const known = this.#identities.get(type.id) ?? this.#placesOf(type);
    this.#identities.set(type.id, known);
    return known;
  }

  #placesOf(type: Type): string {
    if ((!type.isObjectType() && !type.isIntersectionType()) || this.#checker.isArrayLikeType(type)) return "";
    const places = this.#checker.getPropertiesOfType(type).map(({ name, declarations }) => {
      return `${name}@${declarations.map(({ path, index }) => `${path}:${index}`).join()}`;
    });
    return places.join(" ");
  }

  #exported(symbol: Symbol): Exported {
    const target = this.#target(symbol);
    const { name } = symbol;
    const nodes = target.declarations.flatMap((each) => this.#resolve(each) ?? []);
    const [node] = nodes;
    if (!node) throw new Error(`${name} has no declaration`);
    const docs = this.#docsOf(target, name, node);
    const base = { name, docs, inherits: [], members: [] };
    if (is.isFunctionDeclaration(node)) {
      for (const each of nodes) this.#checkParameters(each, docs, name);
      return { ...base, kind: "function", code: nodes.map((each) => signatureOf(each)).join("\n") };
    }
    if (is.isClassDeclaration(node)) {
      const members = node.members.filter((each) => isPublic(each)).map((each) => this.#declared(each, name));
      return { ...base, kind: "class", code: "", inherits: heritageOf(node), members };
    }
    if (is.isInterfaceDeclaration(node)) {
      const members = node.members.map((each) => this.#declared(each, name));
      return { ...base, kind: "type", code: headOf(node), inherits: heritageOf(node), members };
    }
    if (is.isTypeAliasDeclaration(node)) return { ...base, kind: "type", ...this.#alias(node, target, name) };
    if (is.isVariableDeclaration(node)) return { ...base, ...this.#variable(node, target, docs, name) };
    throw new Error(`${name} is exported in a way that this script does not know`);
  }

  #alias(
    node: Node & { readonly type: Node; readonly typeParameters?: readonly Node[] },
    symbol: Symbol,
    name: string,
  ): Pick<Exported, "code" | "members"> {
    if (is.isTypeLiteralNode(node.type)) {
      return { code: "", members: node.type.members.map((each) => this.#declared(each, name)) };
    }
    if (!/\bz\.(?:in|out)put\b/.test(node.type.getText())) {
      this.#checkLiterals(node.type, this.#docsOf(symbol, name, node), name);
      return { code: aliasText(node), members: [] };
    }
    const expanded = this.#expanded(this.#checker.getDeclaredTypeOfSymbol(symbol), name);
    // A type that depends on its parameter has no properties of its own.
    const code = node.typeParameters && !expanded.members ? aliasText(node) : headOf(node);
    return { members: [], ...expanded, code: expanded.code === undefined || node.typeParameters ? code : expanded.code };
  }

  /** A type that a schema makes: its properties, or its text if it has none of its own. */
  #expanded(type: Type, name: string): Partial<Pick<Exported, "code" | "members">> {
    const types = type.isUnionType() ? type.getTypes() : [type];
    const variants = types.filter((each) => this.#identity(each) !== "");
    if (variants.length === 0) return { code: `type ${name} = ${this.#checker.typeToString(type, undefined, 1)}` };
    if (variants.length === 1) return { members: this.#properties(variants[0] as Type, name) };
    const lines = variants.map(
      (each) =>
        `  | { ${this.#checker
          .getPropertiesOfType(each)
          .map((property) => this.#brief(property))
          .join("; ")} }`,
    );
    return { code: [`type ${name} =`, ...lines].join("\n") };
  }

  #brief(property: Symbol): string {
    const type = this.#checker.getTypeOfSymbol(property) as Type;
    return `${property.name}${isOptional(property) ? "?" : ""}: ${this.#text(type)}`;
  }

  #properties(type: Type, path: string): readonly Member[] {
    return this.#checker.getPropertiesOfType(type).flatMap((property) => {
      const of = this.#checker.getTypeOfSymbol(property) as Type;
      const text = this.#text(of);
      // Declared only to be refused with an explanation, as the unsupported settings below.
      if (text === "undefined" || text === "") return [];
      const at = `${path}.${property.name}`;
      const [declaration] = property.declarations;
      const node = declaration && this.#resolve(declaration);
      const value = node && valueOf(node);
      if (value && is.isCallExpression(value) && value.expression.getText().startsWith("unsupported")) return [];
      const docs = this.#docsOf(property, at, node);
      const inner = this.#inner(of);
      const members = inner === undefined || this.#named.has(this.#identity(inner)) ? [] : this.#properties(inner, at);
      return [{ head: `${property.name}${isOptional(property) ? "?" : ""}`, type: text, docs, members }];
    });
  }

  /** The object that a type, an array or a record of it consists of, if this package declares its properties. */
  #inner(type: Type): Type | undefined {
    const bare = this.#checker.getNonNullableType(type) ?? type;
    if (bare.isUnionType()) return undefined;
    const element = this.#element(bare);
    if (element) return this.#inner(element.type);
    return this.#identity(bare) !== "" && this.#isOurs(bare) ? bare : undefined;
  }

  /** The elements of an array or of a record. */
  #element(type: Type): { readonly type: Type; readonly text: (of: string) => string } | undefined {
    if (this.#checker.isArrayType(type) && type.isTypeReference()) {
      const [of] = this.#checker.getTypeArguments(type);
      return of && { type: of, text: (text) => (/[ |]/.test(text) && !text.startsWith("{") ? `(${text})[]` : `${text}[]`) };
    }
    const [index] =
      type.isObjectType() && this.#checker.getPropertiesOfType(type).length === 0 ? this.#checker.getIndexInfosOfType(type) : [];
    return index && { type: index.valueType, text: (text) => `Record<string, ${text}>` };
  }

  #isOurs(type: Type): boolean {
    return this.#checker
      .getPropertiesOfType(type)
      .every(({ declarations }) => declarations.every(({ path }) => path.startsWith(`${this.#root}src/`)));
  }

  /** A type as text: exported types by name, objects whose properties follow as `{…}`. */
  #text(type: Type): string {
    const alias = type.getAliasSymbol()?.name;
    const named = this.#named.get(this.#identity(type));
    if (named !== undefined) return named;
    if (alias !== undefined && this.#names.has(alias)) return oneLine(this.#checker.typeToString(type));
    if (type.isUnionType()) {
      const texts = type.getTypes().map((each) => this.#text(each));
      const rest = texts.filter((each) => each !== "undefined" && each !== "true" && each !== "false");
      if (texts.includes("true")) rest.push(texts.includes("false") ? "boolean" : "true");
      else if (texts.includes("false")) rest.push("false");
      const order = ["null"];
      return [...new Set(rest)].sort((a, b) => order.indexOf(a) - order.indexOf(b)).join(" | ");
    }
    const element = this.#element(type);
    if (element) return element.text(this.#text(element.type));
    if (this.#identity(type) !== "" && this.#isOurs(type)) return "{…}";
    return shortened(oneLine(this.#checker.typeToString(type, undefined, 1)));
  }

  #variable(node: Node, symbol: Symbol, docs: Docs, name: string): Pick<Exported, "kind" | "code"> {
    const { type, initializer } = node as Node & { readonly type?: Node; readonly initializer?: Node };
    if (initializer && is.isArrowFunction(initializer)) {
      this.#checkParameters(initializer, docs, name);
      return { kind: "function", code: `function ${name}${oneLine(between(initializer, "parameters"))}` };
    }
    const of = this.#checker.getTypeOfSymbol(symbol) as Type;
    const [signature] = this.#checker.getSignaturesOfType(of, SignatureKind.Call);
    const text = oneLine(type?.getText() ?? this.#checker.typeToString(of, undefined, 1));
    const declaration = signature?.declaration && this.#resolve(signature.declaration);
    if (signature && declaration) this.#checkParameters(declaration, this.#docsOf(symbol, name, node), name, true);
    if (signature && !type && declaration)
      return { kind: "function", code: `function ${name}${oneLine(between(declaration, "parameters"))}` };
    return { kind: signature ? "function" : "constant", code: `const ${name}: ${shortened(text)}` };
  }

  /** A member as it is written in an interface, a class or a type. */
  #declared(node: Node, of: string, around = ""): Member {
    const name = (node as { name?: Node }).name?.getText() ?? "";
    const symbol = (node as { name?: Node }).name && this.#checker.getSymbolAtLocation((node as unknown as { name: Node }).name);
    const at = `${of}.${name}`;
    const { questionToken, postfixToken, type } = node as { questionToken?: Node; postfixToken?: Node; type?: Node };
    const optional = (questionToken ?? postfixToken) ? "?" : "";
    if (is.isIndexSignatureDeclaration(node))
      return { head: oneLine(node.getText()).replace(/;$/, ""), type: "", docs: this.#docsAt(node, `${of}[]`), members: [] };
    const isConstructor = is.isConstructorDeclaration(node);
    const docs = isConstructor
      ? this.#docsAt(node, `${of}.constructor`)
      : this.#docsOf(symbol, at, node, around !== "" && mentions(around, name));
    if (isConstructor || is.isMethodSignatureDeclaration(node) || is.isMethodDeclaration(node)) {
      this.#checkParameters(node, docs, isConstructor ? `${of}.constructor` : at);
      const signature = oneLine(between(node, "parameters"));
      return { head: isConstructor ? `new ${of}${signature}` : `${name}${optional}${signature}`, type: "", docs, members: [] };
    }
    if (is.isGetAccessorDeclaration(node)) return { head: name, type: oneLine(type?.getText() ?? ""), docs, members: [] };
    if (type && is.isTypeLiteralNode(type)) {
      return { head: `${name}${optional}`, type: "{…}", docs, members: type.members.map((each) => this.#declared(each, at, allOf(docs))) };
    }
    const inferred = symbol && !type ? this.#checker.typeToString(this.#checker.getTypeOfSymbol(symbol) as Type) : "";
    if (type && is.isFunctionTypeNode(type)) this.#checkParameters(type, docs, at);
    else if (type) this.#checkLiterals(type, docs, at);
    return { head: `${name}${optional}`, type: oneLine(type?.getText() ?? inferred), docs, members: [] };
  }

  /** A parameter is documented by its tag, by its name in the text, or by its type if that is exported. */
  #checkParameters(node: Node, docs: Docs, at: string, optional = false): void {
    const { parameters } = node as Node & { readonly parameters: readonly Node[] };
    const all = allOf(docs);
    for (const parameter of parameters) {
      const { name, type } = parameter as unknown as { readonly name: Node; readonly type?: Node };
      const word = name.getText();
      if (is.isObjectBindingPattern(name) || optional) continue;
      const isNamed = (type?.getText().match(/\b[A-Z]\w+/g) ?? []).some((each) => this.#names.has(each));
      if (!isNamed && !mentions(all, word)) this.missing.push(`${at}(${word})`);
      if (!type || !is.isTypeLiteralNode(type)) continue;
      for (const each of type.members) {
        const key = (each as unknown as { name: Node }).name.getText();
        if (!mentions(all, key)) this.missing.push(`${at}(${word}.${key})`);
      }
    }
  }

  /** A property of an object type inside another type is documented by a comment of its own, or by its name in the text around. */
  #checkLiterals(node: Node, docs: Docs, at: string): void {
    if (is.isPropertySignatureDeclaration(node) && commentOf(node) === "" && !mentions(allOf(docs), node.name.getText()))
      this.missing.push(`${at}.${node.name.getText()}`);
    node.forEachChild((child) => {
      this.#checkLiterals(child, docs, at);
    });
  }

  #docsAt(node: Node, at: string): Docs {
    const comment = commentOf(node);
    if (comment === "") this.missing.push(at);
    const [text = "", ...tags] = comment.split(/(?:^|\s)@(?=[a-z]+ )/);
    return { text, tags: tags.map((tag) => ({ name: tag.replace(/ .*/s, ""), text: tag.replace(/^\S+ /, "").trim() })) };
  }

  #docsOf(symbol: Symbol | undefined, at: string, node: Node | undefined, isKnown = false): Docs {
    const tags = symbol?.getJsDocTags(this.#checker) ?? [];
    const own = symbol?.getDocumentationComment(this.#checker) ?? "";
    const text = own === "" && node ? this.#described(valueOf(node) ?? node) : own;
    if (text === "" && tags.length === 0 && !isKnown) this.missing.push(at);
    return { text, tags };
  }

  /** The text of a schema's `describe`, or what is said of the constant that it is. */
  #described(node: Node): string {
    if (is.isCallExpression(node)) {
      const { expression, arguments: given } = node;
      if (is.isPropertyAccessExpression(expression)) {
        return expression.name.getText() === "describe" && given[0] ? textOf(given[0]) : this.#described(expression.expression);
      }
      return given[0] ? this.#described(given[0]) : "";
    }
    if (is.isShorthandPropertyAssignment(node)) return this.#ofConstant(this.#checker.getShorthandAssignmentValueSymbol(node));
    if (is.isTypeAliasDeclaration(node)) {
      let found = "";
      const visit = (child: Node): void => {
        if (is.isTypeQueryNode(child) && found === "") found = this.#described(child.exprName);
        child.forEachChild(visit);
      };
      visit(node.type);
      return found;
    }
    return is.isIdentifier(node) ? this.#ofConstant(this.#checker.getSymbolAtLocation(node)) : "";
  }

  #ofConstant(symbol: Symbol | undefined): string {
    const target = symbol && this.#target(symbol);
    const node = target?.valueDeclaration && this.#resolve(target.valueDeclaration);
    // The words of a unit that every answer uses, such as a time, say nothing about one of its uses.
    if (!target || !node || node.getSourceFile().fileName.endsWith("/answer/shape.ts")) return "";
    const value = valueOf(node);
    return (value && this.#described(value)) || target.getDocumentationComment(this.#checker);
  }

  #resolve(handle: NodeHandle): Node | undefined {
    return handle.resolve(this.#project);
  }
}
