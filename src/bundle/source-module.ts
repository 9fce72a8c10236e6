/**
 * One parsed file of the project: its statements as units, its imports, its exports.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { ESTree } from 'rolldown/utils';
import { parseSync } from 'rolldown/utils';
import type { Node } from './ast.ts';
import { chainOf, unwrapExpression } from './ast.ts';
import { importEquals } from './commonjs.ts';
import { type SourceLocation, SourceNotFoundError, SourceSyntaxError } from './errors.ts';
import { collectVars, declaredNames, type References, referencesOf } from './references.ts';
import { codeFrame, locationOf } from './source-location.ts';

/** The local name of `export default <expression>`. */
export const DEFAULT_EXPORT_NAME = '__headrace_default';

/** A statement of the top level, without its `export`. */
export interface Unit {
  readonly node: Node;
  readonly kind: 'declaration' | 'effect';
  /** The top-level names that it declares. */
  readonly declares: readonly string[];
  /** `name.property = …`: part of the declaration of `name` rather than an effect of the module. */
  readonly attachedTo: string | undefined;
  /** `name = …` itself. */
  readonly assigns: boolean;
  readonly references: References;
}

export interface ImportBinding {
  readonly declaration: ImportStatement;
  /** The exported name, `default`, or `*` for the namespace. */
  readonly imported: string;
  /** `import x = require('y')`: the value of `module.exports` if the target is CommonJS. */
  readonly required?: true;
}

/** `import … from` and `export … from`. */
export interface ImportStatement {
  readonly specifier: string;
  readonly at: number;
  /** Imports no name, only side effects. */
  readonly sideEffectOnly: boolean;
}

export type ExportBinding =
  | { readonly kind: 'local'; readonly name: string }
  | { readonly kind: 'from'; readonly statement: ImportStatement; readonly imported: string };

export interface Comment {
  readonly kind: 'Line' | 'Block';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface SourceModule {
  readonly file: string;
  /** Relative to the project's root, with forward slashes. */
  readonly id: string;
  readonly text: string;
  readonly language: 'js' | 'jsx' | 'ts' | 'tsx';
  /** CommonJS, a plain script, or TypeScript's `export =`: included as a whole or not at all. */
  readonly opaque: boolean;
  readonly units: readonly Unit[];
  /** In source order, `export … from` included. */
  readonly importStatements: readonly ImportStatement[];
  readonly imports: ReadonlyMap<string, ImportBinding>;
  readonly exports: ReadonlyMap<string, ExportBinding>;
  readonly stars: readonly ImportStatement[];
  /** The unit that declares a name. */
  readonly declarations: ReadonlyMap<string, Unit>;
  readonly types: ReadonlyMap<
    string,
    ESTree.TSTypeAliasDeclaration | ESTree.TSInterfaceDeclaration | ESTree.TSEnumDeclaration
  >;
  readonly comments: readonly Comment[];
  readonly program: ESTree.Program;
  locationAt(position: number): SourceLocation;
}

const LANGUAGES: Readonly<Record<string, SourceModule['language']>> = {
  '.js': 'jsx',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
};

export const isSource = (file: string): boolean => extname(file) in LANGUAGES;

/** @throws SourceNotFoundError, SourceSyntaxError */
export function readModule(file: string, id: string): SourceModule {
  const text = readText(file, id);
  const language = LANGUAGES[extname(file)] ?? 'ts';
  const parsed = parseSync(file, text, { lang: language });
  const error = parsed.errors.find((each) => each.severity === 'Error');
  if (error !== undefined) {
    const location = locationOf(id, text, error.labels[0]?.start ?? 0);
    throw new SourceSyntaxError(location, error.message, codeFrame(text, location));
  }
  const { program } = parsed;
  const table = new ModuleTable(program.body);
  return {
    file,
    id,
    text,
    language,
    opaque:
      !hasModuleSyntax(parsed) ||
      program.body.some((statement) => statement.type === 'TSExportAssignment'),
    ...table,
    comments: parsed.comments.map((comment) => ({
      kind: comment.type,
      text: comment.value,
      start: comment.start,
      end: comment.end,
    })),
    program,
    locationAt: (position) => locationOf(id, text, position),
  };
}

/** `import x = require('y')` is ES syntax too, as far as the file has no `export =`. */
const hasModuleSyntax = ({ module, program }: ReturnType<typeof parseSync>): boolean =>
  module.hasModuleSyntax || program.body.some((node) => importEquals(node) !== undefined);

function readText(file: string, id: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new SourceNotFoundError(id);
    if (code === 'EISDIR') throw new SourceNotFoundError(id, 'it is a folder');
    throw new SourceNotFoundError(id, error instanceof Error ? error.message : String(error));
  }
}

class ModuleTable {
  readonly units: Unit[] = [];
  readonly importStatements: ImportStatement[] = [];
  readonly imports = new Map<string, ImportBinding>();
  readonly exports = new Map<string, ExportBinding>();
  readonly stars: ImportStatement[] = [];
  readonly declarations = new Map<string, Unit>();
  readonly types = new Map<
    string,
    ESTree.TSTypeAliasDeclaration | ESTree.TSInterfaceDeclaration | ESTree.TSEnumDeclaration
  >();

  constructor(body: ESTree.Program['body']) {
    const statements: { node: Node; declares: string[] }[] = [];
    for (const node of body)
      this.#classify(node, (unit, declares = declaredNames(unit)) =>
        statements.push({ node: unit, declares }),
      );
    const topLevel = new Set([
      ...this.imports.keys(),
      ...statements.flatMap((each) => each.declares),
    ]);
    for (const { node, declares } of statements) {
      const attachedTo = attachmentTarget(node);
      const kind = declares.length > 0 && !isControlStatement(node) ? 'declaration' : 'effect';
      const unit: Unit = {
        node,
        kind,
        declares,
        attachedTo:
          attachedTo !== undefined &&
          topLevel.has(attachedTo.name) &&
          !this.imports.has(attachedTo.name)
            ? attachedTo.name
            : undefined,
        assigns: attachedTo?.assigns ?? false,
        references: referencesOf(node, topLevel),
      };
      this.units.push(unit);
      for (const name of declares) this.declarations.set(name, unit);
    }
  }

  #classify(
    node: ESTree.Program['body'][number],
    add: (unit: Node, declares?: string[]) => void,
  ): void {
    const required = importEquals(node);
    if (required !== undefined) {
      const declaration = this.#statement(required.source, false);
      this.imports.set(required.local, { declaration, imported: '*', required: true });
      return;
    }
    switch (node.type) {
      case 'ImportDeclaration':
        if (node.importKind !== 'type') this.#import(node);
        break;
      case 'ExportAllDeclaration': {
        if (node.exportKind === 'type') break;
        const statement = this.#statement(node.source, false);
        if (node.exported === null) this.stars.push(statement);
        else
          this.exports.set(exportedNameText(node.exported), {
            kind: 'from',
            statement,
            imported: '*',
          });
        break;
      }
      case 'ExportNamedDeclaration':
        if (node.exportKind === 'type' && node.declaration === null) break;
        if (node.declaration !== null) this.#exportDeclaration(node.declaration, add);
        else this.#exportList(node);
        break;
      case 'ExportDefaultDeclaration': {
        const { declaration } = node;
        if (
          declaration.type === 'TSInterfaceDeclaration' ||
          declaration.type === 'TSDeclareFunction'
        )
          break;
        const declared =
          declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration'
            ? declaration.id?.name
            : undefined;
        this.exports.set('default', { kind: 'local', name: declared ?? DEFAULT_EXPORT_NAME });
        add(declaration, [declared ?? DEFAULT_EXPORT_NAME]);
        break;
      }
      default:
        this.#declaration(node, add);
    }
  }

  #declaration(node: Node, add: (unit: Node, declares?: string[]) => void): void {
    if (node.type === 'TSEnumDeclaration') this.types.set(node.id.name, node);
    if (node.type === 'TSTypeAliasDeclaration' || node.type === 'TSInterfaceDeclaration')
      this.types.set(node.id.name, node);
    else if (
      node.type === 'TSDeclareFunction' ||
      node.type === 'EmptyStatement' ||
      ('declare' in node && node.declare === true)
    )
      return;
    else if (
      node.type === 'ExpressionStatement' &&
      'directive' in node &&
      typeof node.directive === 'string'
    )
      return;
    else if (isControlStatement(node)) {
      const vars: string[] = [];
      collectVars(node, vars);
      add(node, vars);
    } else add(node);
  }

  #exportDeclaration(declaration: Node, add: (unit: Node) => void): void {
    for (const name of declaredNames(declaration)) this.exports.set(name, { kind: 'local', name });
    this.#declaration(declaration, add);
  }

  #exportList(node: ESTree.ExportNamedDeclaration): void {
    const statement =
      node.source === null ? undefined : this.#statement(node.source, node.specifiers.length === 0);
    for (const specifier of node.specifiers) {
      if (specifier.exportKind === 'type') continue;
      const local = exportedNameText(specifier.local);
      this.exports.set(
        exportedNameText(specifier.exported),
        statement === undefined
          ? { kind: 'local', name: local }
          : { kind: 'from', statement, imported: local },
      );
    }
  }

  #import(node: ESTree.ImportDeclaration): void {
    const declaration = this.#statement(node.source, node.specifiers.length === 0);
    for (const specifier of node.specifiers) {
      if (specifier.type === 'ImportDefaultSpecifier')
        this.imports.set(specifier.local.name, { declaration, imported: 'default' });
      else if (specifier.type === 'ImportNamespaceSpecifier')
        this.imports.set(specifier.local.name, { declaration, imported: '*' });
      else if (specifier.importKind !== 'type')
        this.imports.set(specifier.local.name, {
          declaration,
          imported: exportedNameText(specifier.imported),
        });
    }
  }

  #statement(source: ESTree.StringLiteral, sideEffectOnly: boolean): ImportStatement {
    const statement: ImportStatement = {
      specifier: source.value,
      at: source.start,
      sideEffectOnly: sideEffectOnly,
    };
    this.importStatements.push(statement);
    return statement;
  }
}

const exportedNameText = (name: ESTree.ModuleExportName): string =>
  name.type === 'Literal' ? name.value : name.name;

/** Control statements run, and do not declare, except for a `var` inside them. */
function isControlStatement(node: Node): boolean {
  return /^(If|For|ForIn|ForOf|While|DoWhile|Try|Switch|Block|Labeled|Expression|Throw)Statement$/.test(
    node.type,
  );
}

/** The name whose declaration `name.property = …` or `name = …` belongs to. */
function attachmentTarget(
  node: Node,
): { readonly name: string; readonly assigns: boolean } | undefined {
  if (node.type !== 'ExpressionStatement') return undefined;
  const expression = unwrapExpression(node.expression);
  if (expression.type !== 'AssignmentExpression') return undefined;
  const target = unwrapExpression(expression.left);
  if (target.type === 'MemberExpression') {
    const object = unwrapExpression(target.object);
    const name = chainOf(object)?.[0];
    return name === undefined ? undefined : { name, assigns: false };
  }
  return target.type === 'Identifier' ? { name: target.name, assigns: true } : undefined;
}
