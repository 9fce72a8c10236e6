/**
 * The parts of ESLint's interface that the rules use. The package has no dependency on ESLint, and
 * the declarations of `headrace/eslint` need none of its types.
 *
 * @module
 */

/** A node of a syntax tree. Rules narrow it with the types of `ast.ts`. */
export interface AnyNode {
  readonly type: string;
}

export interface RuleFix {
  readonly range: readonly [number, number];
  readonly text: string;
}

export interface RuleFixer {
  replaceText(node: AnyNode, text: string): RuleFix;
}

export interface RuleReport {
  readonly node: AnyNode;
  readonly messageId: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly suggest?: readonly {
    readonly messageId: string;
    readonly data?: Readonly<Record<string, string>>;
    fix(fixer: RuleFixer): RuleFix;
  }[];
}

export interface Reference {
  readonly identifier: AnyNode;
  readonly resolved: Variable | null;
  isWrite(): boolean;
  /** Only of scope managers that know TypeScript. */
  readonly isValueReference?: boolean;
}

export interface Definition {
  readonly type: string;
  readonly name: AnyNode;
  readonly node: AnyNode;
  readonly parent?: AnyNode | null;
}

export interface Variable {
  readonly name: string;
  readonly defs: readonly Definition[];
  readonly references: readonly Reference[];
}

export interface Scope {
  readonly set: ReadonlyMap<string, Variable>;
  readonly upper: Scope | null;
  readonly references: readonly Reference[];
}

export interface SourceCode {
  readonly ast: AnyNode;
  readonly scopeManager: { readonly scopes: readonly Scope[] } | null;
  readonly parserServices?: unknown;
  getText(node: AnyNode): string;
  getScope(node: AnyNode): Scope;
}

export interface RuleContext {
  readonly sourceCode: SourceCode;
  report(report: RuleReport): void;
}

/** A rule, as ESLint calls it. */
export interface RuleModule {
  readonly meta: {
    readonly type: 'problem';
    readonly docs: { readonly description: string; readonly url: string };
    readonly messages: Record<string, string>;
    readonly schema: [];
    readonly hasSuggestions?: boolean;
  };
  create(context: never): Record<string, (node: unknown) => void>;
}
